#pragma once

#include <gtest/gtest.h>

#include <atomic>
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

/// Takes events down; is open for so many of them, or until it is closed.
class RecordingSink : public EventSink {
 public:
  explicit RecordingSink(size_t most = 1000) : most_(most) {}
  bool send(std::string_view event, std::string_view data, std::string_view id) override {
    events.push_back({std::string(event), Json::parse(data), std::string(id)});
    return open();
  }
  bool keep_alive() override { return open(); }
  bool open() const override { return events.size() < most_ && !closed_; }
  void close() { closed_ = true; }
  std::vector<Event> events;

 private:
  size_t most_;
  std::atomic<bool> closed_ = false;
};

/// Routes over an engine that is none, an empty store and a worker, without a socket.
class DialectTest : public testing::Test {
 protected:
  explicit DialectTest(Dialect dialect);

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
