#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace lienzo::hub {

/// A request as it arrived.
struct Seen {
  std::string path;                            // with its query
  std::map<std::string, std::string> headers;  // names in lower case

  std::string header(const std::string& name) const;
};

/// What is sent back, faults included.
struct Answer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};  // a Content-Length here wins
  std::string body = {};
  bool with_length = true;                 // false: the end of the body is that of the connection
  std::optional<size_t> break_after = {};  // bytes of the body behind which the connection ends
  double pause = 0;                        // seconds before each byte of the body
};

/// An HTTP server on the loopback interface that does what it is told, one request at a time, on a
/// connection each.
class TestServer {
 public:
  using Handler = std::function<Answer(const Seen&)>;

  explicit TestServer(Handler handler);
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::string url(const std::string& path = "") const;
  std::vector<Seen> requests() const;

 private:
  void serve();
  void answer(int connection);
  void send(int connection, const Answer& answer);

  Handler handler_;
  int listening_ = -1, stop_ = -1, port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Seen> requests_;
  std::thread thread_;
};

/// Answers with `content` as a file server does: whole, or from where Range says unless If-Range
/// names another version than `etag` (with its quotes).
Answer serve_file(const Seen& request, const std::string& content, const std::string& etag);

}  // namespace lienzo::hub
