#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../weights/temporary_folder.h"
#include "fake_engine.h"
#include "lienzo/http/context.h"
#include "lienzo/http/http_error.h"
#include "lienzo/http/job_feed.h"
#include "lienzo/http/route.h"
#include "lienzo/service/worker.h"

namespace lienzo::http {

struct Event {
  std::string name;
  Json data;
  std::string id = {};
};

/// How long a test waits for anything.
inline constexpr std::chrono::seconds kPatience{60};

/// Returns once `condition` holds; fails the test, saying what was awaited, after kPatience.
void await(const std::string& what, const std::function<bool()>& condition);

/// Takes events down; is open for so many of them, or until it is closed. Fails the test where that
/// takes longer than kPatience.
class RecordingSink : public EventSink {
 public:
  explicit RecordingSink(size_t most = 1000) : most_(most) {}
  bool send(std::string_view event, std::string_view data, std::string_view id) override {
    events.push_back({std::string(event), Json::parse(data), std::string(id)});
    ++count;
    return open();
  }
  bool keep_alive() override { return open(); }
  bool open() const override { return events.size() < most_ && !closed_ && is_in_time(); }
  void close() { closed_ = true; }
  std::vector<Event> events;
  std::atomic<size_t> count = 0;  // of events, for other threads

 private:
  bool is_in_time() const {
    const bool late = std::chrono::steady_clock::now() > last_;
    if (late && !told_.exchange(true))
      ADD_FAILURE() << "waited for the end of a stream that told " << events.size() << " events";
    return !late;
  }

  size_t most_;
  std::atomic<bool> closed_ = false;
  mutable std::atomic<bool> told_ = false;
  const std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now() + kPatience;
};

/// Routes over an engine that is none, an empty store and a worker, without a socket.
class DialectTest : public testing::Test {
 protected:
  explicit DialectTest(Dialect dialect);
  ~DialectTest() override { engine_.hold(false); }

  /// The answer of the route that fits, or what its exception becomes.
  Reply call(Call call);
  Reply post(const std::string& path, const Json& body);
  Reply post_text(const std::string& path, const std::string& body);
  Reply post_form(const std::string& path, std::vector<Part> parts);
  /// `path` may have a query, whose values are taken as they stand.
  Reply get(const std::string& path);
  /// The answer's body; fails the test unless the status is 200.
  Json good(const Reply& reply);
  /// The picture that base64 text holds.
  image::Image picture_of(const Json& base64) { return decoded(bytes_of(base64)); }
  std::string bytes_of(const Json& base64);
  /// Waits until the engine holds a job.
  void await_held() const;
  /// Waits until a job is over; gives its last state.
  jobs::JobState await_end(const std::string& id);

  const weights::TemporaryFolder folder_;
  const Dialect dialect_;
  std::unique_ptr<jobs::JobStore> store_;
  jobs::BlobStore blobs_;
  FakeEngine engine_;
  JobFeed feed_;
  Context context_;
  Routes routes_;
  Caller caller_;
  service::Worker worker_;
};

}  // namespace lienzo::http
