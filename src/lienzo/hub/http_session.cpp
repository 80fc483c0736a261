#include "lienzo/hub/http_session.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <exception>

#include "lienzo/base/error.h"
#include "lienzo/base/trimmed.h"
#include "lienzo/base/version.h"
#include "lienzo/hub/url.h"

namespace lienzo::hub {
namespace {

constexpr int kMostRedirects = 10;
constexpr size_t kMostHeaderBytes = size_t{256} << 10;
constexpr size_t kMostDroppedBytes = size_t{64} << 10;  // of a body that nobody reads

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  return text;
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// One request on its way; libcurl's callbacks end here. No exception may pass through libcurl, so
/// they are kept and thrown behind it.
struct Transfer {
  CURL* curl;
  const HttpSink& sink;
  const Cancelled& cancelled;
  HttpResponse response = {};
  size_t header_bytes = 0;
  size_t dropped_bytes = 0;
  bool headers_done = false;
  bool stopped = false;
  std::exception_ptr thrown = nullptr;

  bool is_success() const { return response.status >= 200 && response.status < 300; }

  void read_header(std::string_view line) {
    header_bytes += line.size();
    if (header_bytes > kMostHeaderBytes) {
      throw Error(ErrorKind::kCorrupt,
                  fmt::format("[hub] {} answers with more than {} bytes of headers",
                              without_query(response.url),
                              kMostHeaderBytes));
    }
    if (headers_done) return;  // trailers
    if (line.starts_with("HTTP/")) {
      response.headers.clear();  // those of an interim answer
      return;
    }
    if (trimmed(line).empty()) {
      finish_headers();
      return;
    }
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
      response.headers[lower(std::string(trimmed(line.substr(0, colon))))] =
          trimmed(line.substr(colon + 1));
    }
  }

  void finish_headers() {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200) return;
    headers_done = true;
    response.status = static_cast<int>(status);
    if (is_success() && sink.on_response) stopped = !sink.on_response(response);
  }

  void read_body(std::span<const std::byte> bytes) {
    if (is_success() && sink.on_body) {
      sink.on_body(bytes);
    } else {
      dropped_bytes += bytes.size();
    }
  }

  bool stops() const { return stopped || thrown || dropped_bytes > kMostDroppedBytes; }

  template <class Action>
  void guarded(Action action) {
    try {
      action();
    } catch (...) {
      thrown = std::current_exception();
    }
  }
};

size_t on_header(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.guarded([&] { transfer.read_header({data, size * count}); });
  return transfer.stops() ? 0 : size * count;
}

size_t on_body(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.guarded([&] { transfer.read_body(std::as_bytes(std::span(data, size * count))); });
  return transfer.stops() ? 0 : size * count;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(user);
  bool stop = false;
  transfer.guarded([&] { stop = transfer.cancelled && transfer.cancelled(); });
  return stop || transfer.thrown ? 1 : 0;
}

/// A list of headers for libcurl.
class HeaderList {
 public:
  HeaderList() = default;
  ~HeaderList() { curl_slist_free_all(list_); }
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;

  void add(const std::string& line) {
    // A line break would smuggle in further headers.
    if (line.find_first_of("\r\n") != std::string::npos) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[hub] the value of '{}' holds a line break; check HF_TOKEN",
                              line.substr(0, line.find(':'))));
    }
    list_ = curl_slist_append(list_, line.c_str());
  }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

std::string words_for(CURLcode code, const char* details) {
  return std::string(*details ? trimmed(details) : curl_easy_strerror(code));
}

// What libcurl's code means for us. Throws what no second try mends.
HttpEnd end_of(CURLcode code, const std::string& url, const std::string& words, bool connected) {
  switch (code) {
    case CURLE_OK: return HttpEnd::kComplete;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT: return HttpEnd::kUnreachable;
    case CURLE_OPERATION_TIMEDOUT: return connected ? HttpEnd::kBroken : HttpEnd::kUnreachable;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_SSL_CONNECT_ERROR: return HttpEnd::kBroken;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      throw Error(ErrorKind::kIo,
                  fmt::format("[hub] the certificate of {} cannot be trusted: {}; install the "
                              "package ca-certificates, and check the clock and the proxy",
                              server_of(url),
                              words));
    default:
      throw Error(ErrorKind::kIo,
                  fmt::format("[hub] cannot read {}: {}", without_query(url), words));
  }
}

}  // namespace

struct HttpSession::Handle {
  CURL* curl = nullptr;
  HttpTimeouts timeouts;
  char details[CURL_ERROR_SIZE] = {};

  explicit Handle(HttpTimeouts wanted) : timeouts(wanted) {
    // Once per program, and before any other use of libcurl.
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started == CURLE_OK) curl = curl_easy_init();
    if (!curl) throw Error(ErrorKind::kInternal, "[hub] libcurl could not be started");
  }
  ~Handle() { curl_easy_cleanup(curl); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  void prepare(Transfer& transfer, const std::string& url, const HeaderList& headers) {
    curl_easy_reset(curl);  // keeps connections
    // CURLOPT_NOSIGNAL stays off: with it, a TLS connection that the server closes ends the program
    // by SIGPIPE.
    details[0] = '\0';
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);  // HttpSession::get does, with its rules
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, fmt::format("lienzo/{}", lienzo::version()).c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeouts.connect * 1000));
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(timeouts.stall));
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, details);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
  }
};

std::string HttpResponse::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

HttpSession::HttpSession(HttpTimeouts timeouts) : handle_(std::make_unique<Handle>(timeouts)) {}
HttpSession::~HttpSession() = default;

HttpResult HttpSession::get(const HttpRequest& request,
                            const HttpSink& sink,
                            const Cancelled& cancelled) {
  const std::string home = origin_of(request.url);
  std::string url = request.url;
  for (int hop = 0; hop <= kMostRedirects; ++hop) {
    std::string redirect;
    HttpResult result = get_once(request, url, origin_of(url) == home, sink, cancelled, redirect);
    if (result.end != HttpEnd::kComplete || !is_redirect(result.response.status)) return result;
    check_redirect(url, redirect);
    url = std::move(redirect);
  }
  throw Error(ErrorKind::kCorrupt,
              fmt::format("[hub] {} redirects more than {} times", request.url, kMostRedirects));
}

HttpResult HttpSession::get_once(const HttpRequest& request,
                                 const std::string& url,
                                 bool with_token,
                                 const HttpSink& sink,
                                 const Cancelled& cancelled,
                                 std::string& redirect) {
  Transfer transfer{.curl = handle_->curl, .sink = sink, .cancelled = cancelled};
  transfer.response.url = url;
  HeaderList headers;
  for (const std::string& line : request.headers) headers.add(line);
  if (with_token && !request.token.empty()) headers.add("Authorization: Bearer " + request.token);
  handle_->prepare(transfer, url, headers);

  const CURLcode code = curl_easy_perform(handle_->curl);
  if (transfer.thrown) std::rethrow_exception(transfer.thrown);
  if (code == CURLE_ABORTED_BY_CALLBACK) throw Error(ErrorKind::kCancelled, "[hub] stopped");
  if (transfer.response.status > 0) answered_ = true;

  HttpResult result;
  if (transfer.stopped) {
    result.end = HttpEnd::kStopped;
  } else if (transfer.stops()) {
    result.end = HttpEnd::kComplete;  // the rest of a body that nobody reads is not waited for
  } else {
    curl_off_t connect_time = 0;
    curl_easy_getinfo(handle_->curl, CURLINFO_CONNECT_TIME_T, &connect_time);
    if (code != CURLE_OK) result.problem = words_for(code, handle_->details);
    result.end = end_of(code, url, result.problem, connect_time > 0);
  }
  curl_off_t wait = 0;
  curl_easy_getinfo(handle_->curl, CURLINFO_RETRY_AFTER, &wait);
  if (wait > 0) transfer.response.retry_after = static_cast<double>(wait);
  const char* location = nullptr;
  curl_easy_getinfo(handle_->curl, CURLINFO_REDIRECT_URL, &location);
  if (location) redirect = location;
  result.response = std::move(transfer.response);
  return result;
}

}  // namespace lienzo::hub
