#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lienzo/hub/transfer_hooks.h"

namespace lienzo::hub {

struct HttpRequest {
  std::string url;                        // http or https
  std::string token = {};                 // "Authorization: Bearer"; only to the origin of `url`
  std::vector<std::string> headers = {};  // "Name: value"; to every server on the way
};

struct HttpResponse {
  int status = 0;
  std::string url = {};                             // of the server that answered
  std::map<std::string, std::string> headers = {};  // names in lower case
  std::optional<double> retry_after = {};           // seconds the server asks to wait

  /// The value of a header, named in lower case, or "".
  std::string header(const std::string& name) const;
};

/// What is done with an answer of status 200 to 299; other bodies are dropped. Exceptions stop the
/// transfer and come out of get().
struct HttpSink {
  /// Before the body; false stops the transfer.
  std::function<bool(const HttpResponse&)> on_response;
  std::function<void(std::span<const std::byte>)> on_body;
};

/// How a transfer ended, when it ended in a way that trying again may mend.
enum class HttpEnd {
  kComplete,     // answered in full, with whatever status
  kUnreachable,  // no connection to the server or the proxy
  kBroken,       // the connection broke off, or nothing came for too long
  kStopped,      // by on_response
};

struct HttpResult {
  HttpEnd end = HttpEnd::kComplete;
  HttpResponse response;
  std::string problem;  // in words, of kUnreachable and kBroken
};

struct HttpTimeouts {
  double connect = 10;  // seconds until a connection stands
  int stall = 30;       // whole seconds without a byte
};

/// GET requests over libcurl, on one thread. Certificates are checked; proxies are those of
/// libcurl's environment variables (https_proxy, no_proxy).
class HttpSession {
 public:
  explicit HttpSession(HttpTimeouts timeouts = {});
  ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  /// Follows at most ten redirects, to http and https only and never from https to http. Throws
  /// Error: kCancelled; kIo for a certificate that cannot be trusted and what else no second try
  /// mends; kCorrupt for an answer that makes no sense; kInvalidInput for a wrong URL.
  HttpResult get(const HttpRequest& request, const HttpSink& sink, const Cancelled& cancelled);

  /// Whether any server has answered so far: without that, one is probably offline.
  bool has_been_answered() const { return answered_; }

 private:
  struct Handle;
  HttpResult get_once(const HttpRequest& request,
                      const std::string& url,
                      bool with_token,
                      const HttpSink& sink,
                      const Cancelled& cancelled,
                      std::string& redirect);

  std::unique_ptr<Handle> handle_;
  bool answered_ = false;
};

}  // namespace lienzo::hub
