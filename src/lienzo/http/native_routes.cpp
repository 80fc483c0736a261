#include "lienzo/http/native_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <vector>

#include "lienzo/http/http_error.h"
#include "lienzo/http/job_feed.h"
#include "lienzo/http/native_json.h"
#include "lienzo/http/native_request.h"
#include "lienzo/http/presets.h"
#include "lienzo/http/query.h"
#include "lienzo/http/schema.h"
#include "lienzo/text/wildcards.h"

namespace lienzo::http {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kKeepAlive{15'000};

Json id_parameter() { return Json::array({parameter("id", "path", text_schema())}); }

// ---- events

/// Tells one client what happens. What returns a bool says false when the client is gone.
class Teller {
 public:
  Teller(Context& context, EventSink& sink) : context_(context), sink_(sink) {}

  /// `number` is the change after which a reconnection goes on.
  bool tell(const jobs::Job& job, int64_t number) {
    over_ = is_final(job.state);
    const std::string data =
        job_json(context_, job).dump(-1, ' ', false, Json::error_handler_t::replace);
    return sink_.send("job", data, std::to_string(number)) && tell_preview(job);
  }
  bool tell(const JobFeed::Change& change) {
    if (change.removed) {
      const Json picture = change.picture.empty() ? Json() : Json(change.picture);
      return sink_.send("removed",
                        Json{{"job", change.job.id}, {"picture", picture}}.dump(),
                        std::to_string(change.number));
    }
    // As it is now: lists leave out a queue position, and a later state may be there.
    const std::optional<jobs::Job> job = context_.store.find(change.job.id);
    over_ = !job;
    return !job || tell(*job, change.number);
  }
  /// Everything that comes after the change `told`, for as long as the client is there, and, if so
  /// asked, until the job told of last is over.
  void follow(JobFeed::Subscription& news, int64_t told, bool ends_with_job) {
    auto silent_since = std::chrono::steady_clock::now();
    while (sink_.open() && !(ends_with_job && over_)) {
      const std::optional<JobFeed::Change> change = news.next(milliseconds(1000));
      if (change && change->number > told) {
        if (!tell(*change)) return;
        silent_since = std::chrono::steady_clock::now();
      } else if (std::chrono::steady_clock::now() - silent_since > kKeepAlive) {
        if (!sink_.keep_alive()) return;
        silent_since = std::chrono::steady_clock::now();
      }
    }
  }

 private:
  bool tell_preview(const jobs::Job& job) {
    if (job.state != jobs::JobState::kRunning) {
      shown_.erase(job.id);
      return true;
    }
    if (!job.has_preview) return true;
    const auto preview = context_.store.preview(job.id);
    if (!preview) return true;
    const std::pair<int, int> place = {preview->index, preview->step};
    if (shown_[job.id] == place) return true;
    shown_[job.id] = place;
    return sink_.send("preview",
                      Json{{"job", job.id},
                           {"index", preview->index},
                           {"step", preview->step},
                           {"url", "data:image/webp;base64," + encode_base64(preview->bytes)}}
                          .dump());
  }

  Context& context_;
  EventSink& sink_;
  bool over_ = false;                                 // the job told of last
  std::map<std::string, std::pair<int, int>> shown_;  // previews: job -> picture, step
};

/// Jobs that are not over, by when they changed, then `begin`, whose number is `latest`.
bool tell_what_is(
    Context& context, EventSink& sink, Teller& teller, const std::string& owner, int64_t latest) {
  std::vector<jobs::Job> jobs;
  for (const jobs::JobState state : {jobs::JobState::kRunning, jobs::JobState::kQueued}) {
    for (jobs::Job& job : context.store.list({.owner = owner, .state = state, .limit = 500}))
      jobs.push_back(std::move(job));
  }
  std::sort(jobs.begin(), jobs.end(), [](const jobs::Job& a, const jobs::Job& b) {
    return a.change < b.change;
  });
  for (const jobs::Job& job : jobs) {
    if (!teller.tell(job, std::min(job.change, latest))) return false;
  }
  return sink.send("begin", "{}", std::to_string(latest));
}

/// All of one's jobs: after the change that a client saw last, or from those that are not over on.
void tell_all(Context& context,
              EventSink& sink,
              const std::string& owner,
              std::optional<int64_t> seen) {
  const int64_t latest = context.store.wait_for_change(0, milliseconds(0));
  const auto subscription = context.feed.subscribe(owner);
  Teller teller(context, sink);
  // At once, so that a client knows that it is connected.
  if (!sink.keep_alive()) return;
  // What a client saw of another store, before this one took its place, says nothing here.
  if (!seen || *seen > latest) {
    if (!tell_what_is(context, sink, teller, owner, latest)) return;
    seen = latest;
  }
  while (true) {
    const jobs::News news = context.store.news(owner, *seen);
    for (const JobFeed::Change& change : JobFeed::changes_of(news)) {
      if (!teller.tell(change)) return;
    }
    seen = news.seen;
    if (!news.more) break;
  }
  teller.follow(*subscription, *seen, /*ends_with_job=*/false);
}

std::optional<int64_t> last_event(const Call& call) {
  const std::string text = call.header("Last-Event-ID");
  if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoll(text);
}

Routes job_routes(Context& context) {
  return {{"POST",
           "/api/v1/jobs",
           Scope::kGenerate,
           [&context](const Call& call) {
             const jobs::Job job = submit(
                 context, call.caller, native_request(context, call.caller, call.json()), "native");
             Reply reply = Reply::json(job_json(context, job), 202);
             reply.headers.emplace_back("Location", "/api/v1/jobs/" + job.id);
             return reply;
           },
           {.summary = "A request becomes a job",
            .request = service::request_schema(),
            .responses = {{"202", object_schema()},
                          {"422", object_schema()},
                          {"503", object_schema()}}}},
          {"GET",
           "/api/v1/jobs",
           Scope::kRead,
           [&context](const Call& call) {
             const Query query(call, {"state", "limit", "before"});
             jobs::JobFilter filter{
                 .owner = call.caller.sees(),
                 .before = query.text("before", 100),
                 .limit = static_cast<int>(query.whole("limit", 1, 500).value_or(50))};
             if (const std::string state = query.text("state", 100); !state.empty())
               filter.state = jobs::job_state_from_name(state);
             return Reply::json({{"jobs", jobs_json(context, context.store.list(filter))}});
           },
           {.summary = "Jobs, newest first",
            .parameters = Json::array(
                {parameter("state",
                           "query",
                           {{"type", "string"},
                            {"enum", {"queued", "running", "done", "failed", "cancelled"}}}),
                 parameter("limit", "query", whole_schema(1, 500)),
                 parameter("before", "query", text_schema())}),
            .responses = {{"200", object_schema()}}}},
          {"GET",
           "/api/v1/jobs/{id}",
           Scope::kRead,
           [&context](const Call& call) {
             return Reply::json(job_json(context, job_of(context, call.caller, call.variables[0])));
           },
           {.summary = "One job",
            .parameters = id_parameter(),
            .responses = {{"200", object_schema()}}}},
          {"POST",
           "/api/v1/jobs/{id}/cancel",
           Scope::kGenerate,
           [&context](const Call& call) {
             job_of(context, call.caller, call.variables[0]);
             context.store.cancel(call.variables[0]);
             return Reply::json(job_json(context, job_of(context, call.caller, call.variables[0])));
           },
           {.summary = "Cancels a job",
            .parameters = id_parameter(),
            .responses = {{"200", object_schema()}}}},
          {"DELETE",
           "/api/v1/jobs/{id}",
           Scope::kGenerate,
           [&context](const Call& call) {
             const jobs::Job job = job_of(context, call.caller, call.variables[0]);
             if (!context.store.remove_job(job.id)) {
               throw HttpError(
                   409,
                   "conflict",
                   fmt::format("[job] {} is {}; cancel it first", job.id, name(job.state)));
             }
             for (const std::string& id : job.pictures) {
               if (!context.store.is_referenced(id)) context.blobs.remove(id);
             }
             return Reply::empty();
           },
           {.summary = "Deletes a job that is over, with its pictures",
            .parameters = id_parameter(),
            .responses = {{"204", Json()}, {"409", object_schema()}}}},
          {"GET",
           "/api/v1/jobs/{id}/preview",
           Scope::kRead,
           [&context](const Call& call) {
             job_of(context, call.caller, call.variables[0]);
             auto preview = context.store.preview(call.variables[0]);
             if (!preview) throw HttpError(404, "not_found", "[job] has no preview now");
             return Reply{.type = "image/webp", .body = std::move(preview->bytes)};
           },
           {.summary = "How a running job looks so far",
            .parameters = id_parameter(),
            .responses = {{"200", {{"content", {{"image/webp", Json::object()}}}}}}}},
          {"GET",
           "/api/v1/jobs/{id}/events",
           Scope::kRead,
           [&context](const Call& call) {
             const jobs::Job job = job_of(context, call.caller, call.variables[0]);
             Reply reply;
             reply.stream = [&context, id = job.id](EventSink& sink) {
               const auto news = context.feed.subscribe("", id);
               const auto now = context.store.find(id);
               Teller teller(context, sink);
               if (now && teller.tell(*now, now->change))
                 teller.follow(*news, now->change, /*ends_with_job=*/true);
             };
             return reply;
           },
           {.summary = "Events of one job", .listed = false}},
          {"GET",
           "/api/v1/events",
           Scope::kRead,
           [&context](const Call& call) {
             Reply reply;
             reply.stream = [&context, owner = call.caller.sees(), seen = last_event(call)](
                                EventSink& sink) { tell_all(context, sink, owner, seen); };
             return reply;
           },
           {.summary = "Events of all one's jobs", .listed = false}}};
}

Routes prompt_routes(Context& context) {
  const text::WildcardFiles files =
      [&context](const std::string& name) -> std::optional<std::vector<std::string>> {
    return wildcard_lines(context.wildcards, name);
  };
  const Json expand = {
      {"type", "object"},
      {"additionalProperties", false},
      {"required", {"prompt"}},
      {"properties", {{"prompt", text_schema()}, {"limit", whole_schema(0, 10'000)}}}};
  return {{"GET",
           "/api/v1/models",
           Scope::kRead,
           [&context](const Call&) {
             Json list = Json::array();
             for (const service::ModelFacts& model : context.engine.models())
               list.push_back(model_json(model, list.empty()));
             return Reply::json({{"models", list}});
           },
           {.summary = "Models, the default first", .responses = {{"200", object_schema()}}}},
          {"GET",
           "/api/v1/loras",
           Scope::kRead,
           [&context](const Call&) {
             Json list = Json::array();
             for (const service::LoraFacts& lora : context.engine.loras()) {
               list.push_back({{"name", lora.name},
                               {"alias", lora.alias},
                               {"file", lora.file},
                               {"family", lora.family},
                               {"bytes", lora.bytes}});
             }
             return Reply::json({{"loras", list}});
           },
           {.summary = "LoRAs", .responses = {{"200", object_schema()}}}},
          {"GET",
           "/api/v1/presets",
           Scope::kRead,
           [](const Call&) {
             return Reply::json({{"presets", presets()}});
           },
           {.summary = "Styles", .responses = {{"200", object_schema()}}}},
          {"GET",
           "/api/v1/wildcards",
           Scope::kRead,
           [&context](const Call&) {
             Json list = Json::array();
             for (const std::string& name : wildcard_names(context.wildcards)) {
               const auto lines = wildcard_lines(context.wildcards, name);
               if (lines) list.push_back({{"name", name}, {"lines", lines->size()}});
             }
             return Reply::json({{"wildcards", list}});
           },
           {.summary = "Files of choices", .responses = {{"200", object_schema()}}}},
          {"POST",
           "/api/v1/prompts/expand",
           Scope::kRead,
           [files](const Call& call) {
             const auto [prompt, limit] = expand_request(call.json());
             const text::Expansion expansion = text::expand_wildcards(prompt, files, limit);
             return Reply::json({{"count", expansion.count}, {"prompts", expansion.prompts}});
           },
           {.summary = "What a prompt with choices stands for",
            .request = expand,
            .responses = {{"200", object_schema()}}}}};
}

}  // namespace

Routes native_routes(Context& context) {
  Routes routes = job_routes(context);
  for (Routes more : {picture_routes(context), prompt_routes(context)})
    std::move(more.begin(), more.end(), std::back_inserter(routes));
  return routes;
}

}  // namespace lienzo::http
