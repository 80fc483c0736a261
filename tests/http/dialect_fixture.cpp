#include "dialect_fixture.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "lienzo/http/native_routes.h"
#include "lienzo/http/openai_routes.h"
#include "lienzo/http/sdapi_routes.h"

namespace lienzo::http {
namespace {

Routes routes_of(Dialect dialect, Context& context) {
  switch (dialect) {
    case Dialect::kOpenAi: return openai_routes(context);
    case Dialect::kSdApi: return sdapi_routes(context);
    case Dialect::kNative: break;
  }
  return native_routes(context);
}

}  // namespace

void await(const std::string& what, const std::function<bool()>& condition) {
  const auto last = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > last) {
      ADD_FAILURE() << "waited " << kPatience.count() << " s for " << what;
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

DialectTest::DialectTest(Dialect dialect)
    : dialect_(dialect),
      store_(jobs::open_job_store((folder_.path() / "jobs.db").string())),
      blobs_(folder_.path() / "blobs"),
      feed_(*store_),
      context_{.store = *store_, .blobs = blobs_, .engine = engine_, .feed = feed_, .limits = {}},
      routes_(routes_of(dialect, context_)),
      worker_(*store_,
              blobs_,
              engine_,
              {.name = "test", .progress_every = std::chrono::milliseconds(1)}) {}

Reply DialectTest::call(Call call) {
  call.caller = caller_;
  call.headers.emplace("Host", "example.test:7860");
  for (const Route& route : routes_) {
    if (route.method != call.method || !matches(route.pattern, call.path, call.variables)) continue;
    try {
      return route.handler(call);
    } catch (const std::exception& problem) {
      return error_reply(problem, dialect_);
    }
  }
  ADD_FAILURE() << "no route " << call.method << " " << call.path;
  return {};
}

Reply DialectTest::post_text(const std::string& path, const std::string& body) {
  Call request;
  request.method = "POST";
  request.path = path;
  request.headers.emplace("Content-Type", "application/json");
  request.body = body;
  return call(std::move(request));
}

Reply DialectTest::post(const std::string& path, const Json& body) {
  return post_text(path, body.dump());
}

Reply DialectTest::post_form(const std::string& path, std::vector<Part> parts) {
  Call request;
  request.method = "POST";
  request.path = path;
  request.headers.emplace("Content-Type", "multipart/form-data; boundary=x");
  request.parts = std::move(parts);
  return call(std::move(request));
}

Reply DialectTest::get(const std::string& path) {
  Call request;
  request.method = "GET";
  request.path = path.substr(0, path.find('?'));
  for (size_t at = request.path.size(); at < path.size();) {
    const size_t end = std::min(path.find('&', at + 1), path.size());
    const size_t equals = path.find('=', at);
    request.query.emplace(path.substr(at + 1, equals - at - 1),
                          path.substr(equals + 1, end - equals - 1));
    at = end;
  }
  return call(std::move(request));
}

Json DialectTest::good(const Reply& reply) {
  EXPECT_EQ(reply.status, 200) << reply.body;
  return Json::parse(reply.body);
}

std::string DialectTest::bytes_of(const Json& base64) {
  return decode_picture_text(base64.get<std::string>(), "test");
}

void DialectTest::await_held() const {
  await("a job that the engine holds", [&] { return engine_.waiting(); });
}

jobs::JobState DialectTest::await_end(const std::string& id) {
  jobs::JobState state = jobs::JobState::kQueued;
  await("the end of job " + id, [&] {
    const std::optional<jobs::Job> job = store_->find(id);
    if (job) state = job->state;
    return !job || is_final(state);
  });
  return state;
}

}  // namespace lienzo::http
