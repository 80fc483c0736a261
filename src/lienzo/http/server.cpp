#include "lienzo/http/server.h"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>

#include <algorithm>
#include <string_view>

#include "lienzo/base/log.h"
#include "lienzo/http/connection_threads.h"
#include "lienzo/http/http_error.h"
#include "lienzo/http/job_feed.h"
#include "lienzo/http/metrics.h"

namespace lienzo::http {
namespace {

constexpr int kBacklog = 1024;
constexpr std::string_view kMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

Dialect dialect_of(std::string_view path) {
  if (path.starts_with("/v1/")) return Dialect::kOpenAi;
  if (path.starts_with("/sdapi/") || path.starts_with("/internal/")) return Dialect::kSdApi;
  return Dialect::kNative;
}

void check_scope(Scope scope, const Caller& caller) {
  if (scope == Scope::kGenerate && !caller.generate)
    throw HttpError(403, "forbidden", "[key] lacks the scope 'generate'");
  if (scope == Scope::kAdmin && !caller.admin)
    throw HttpError(403, "forbidden", "[key] lacks the scope 'admin'");
}

/// One line of the log; what a client wrote into it cannot make it two, or something else.
void log_line(LogLevel level, std::string line) {
  for (char& c : line) {
    if (c < ' ' || c == 0x7f) c = '?';  // negative too: bytes of what may be no UTF-8
  }
  log(level, line);
}

class ClientEvents : public EventSink {
 public:
  ClientEvents(httplib::DataSink& sink, const Context& context) : sink_(sink), context_(context) {}
  bool send(std::string_view event, std::string_view data, std::string_view id) override {
    std::string text;
    if (!id.empty()) text += fmt::format("id: {}\n", id);
    if (!event.empty()) text += fmt::format("event: {}\n", event);
    while (true) {  // a line break in the data would end the field
      const size_t end = data.find('\n');
      text += fmt::format("data: {}\n", data.substr(0, end));
      if (end == std::string_view::npos) break;
      data.remove_prefix(end + 1);
    }
    return write(text + "\n");
  }
  bool keep_alive() override { return write(": still here\n\n"); }
  bool open() const override {
    return !broken_ && !context_.stopping && !context_.feed.stopped() && sink_.is_writable();
  }

 private:
  bool write(const std::string& text) {
    if (!broken_ && !sink_.write(text.data(), text.size())) broken_ = true;
    return !broken_ && !context_.stopping;
  }

  httplib::DataSink& sink_;
  const Context& context_;
  bool broken_ = false;
};

Call as_call(const httplib::Request& request) {
  Call call;
  call.method = request.method;
  call.path = request.path;
  for (const auto& [key, value] : request.params) call.query.emplace(key, value);
  for (const auto& [key, value] : request.headers) call.headers.emplace(key, value);
  call.body = request.body;
  for (const auto& [name, part] : request.files)
    call.parts.push_back({name, part.filename, part.content_type, part.content});
  call.remote = request.remote_addr;
  return call;
}

}  // namespace

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

class Server::Implementation {
 public:
  Implementation(Context& context, Gate& gate, Routes routes, ServerOptions options)
      : context_(context), gate_(gate), routes_(std::move(routes)), options_(std::move(options)) {
    server_.new_task_queue = [this] {
      return new ConnectionThreads(static_cast<size_t>(options_.most_connections));
    };
    server_.set_keep_alive_max_count(1000);
    server_.set_keep_alive_timeout(5);
    server_.set_tcp_nodelay(true);
    server_.set_read_timeout(options_.read_timeout_seconds);
    server_.set_write_timeout(options_.read_timeout_seconds);
    server_.set_payload_max_length(context_.limits.largest_body);
    server_.set_socket_options([this](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
      listening_ = socket;
    });
    const auto handler = [this](const httplib::Request& request, httplib::Response& response) {
      Call call = as_call(request);
      send(answer(call), response);
      allow_origin(call, response);
    };
    // One place decides; the library's table of patterns is not used.
    server_.Get(".*", handler);
    server_.Post(".*", handler);
    server_.Put(".*", handler);
    server_.Patch(".*", handler);
    server_.Delete(".*", handler);
    server_.Options(".*", handler);
    // Methods that the library knows but has no table for.
    server_.set_pre_routing_handler(
        [handler](const httplib::Request& request, httplib::Response& response) {
          if (request.method != "TRACE" && request.method != "CONNECT")
            return httplib::Server::HandlerResponse::Unhandled;
          handler(request, response);
          return httplib::Server::HandlerResponse::Handled;
        });
    // What the library refuses by itself: too large a body, a malformed request.
    server_.set_error_handler([](const httplib::Request& request, httplib::Response& response) {
      if (!response.body.empty() || response.status < 400) return;
      const bool large = response.status == 413;
      const HttpError problem(response.status,
                              large ? "too_large" : "invalid_input",
                              large
                                  ? "[request] the body is larger than this server takes"
                                  : fmt::format("[request] is no HTTP that this server understands "
                                                "(status {})",
                                                response.status));
      const Reply reply = error_reply(problem, dialect_of(request.path));
      response.set_content(reply.body, reply.type);
      // The body may be unread, and would be taken for the next request.
      response.set_header("Connection", "close");
      log_line(LogLevel::kInfo,
               fmt::format("[http] {} {} {}: {}",
                           request.remote_addr,
                           request.method,
                           response.status,
                           problem.what()));
    });
  }

  int bind() {
    int port = options_.port;
    if (port == 0) {
      port = server_.bind_to_any_port(options_.host);
      if (port <= 0) port = -1;
    } else if (!server_.bind_to_port(options_.host, port)) {
      port = -1;
    }
    if (port < 0) {
      throw Error(ErrorKind::kIo,
                  fmt::format("[server] cannot listen on {} port {}: it is taken or not allowed; "
                              "choose another with --port",
                              options_.host,
                              options_.port));
    }
    // The library asks for a queue of five, which a crowd of clients overflows.
    ::listen(static_cast<int>(listening_), kBacklog);
    return port;
  }
  void run() { server_.listen_after_bind(); }
  void stop() { server_.stop(); }

  Reply answer(Call& call) {
    const Dialect dialect = dialect_of(call.path);
    const auto begin = std::chrono::steady_clock::now();
    Reply reply;
    std::string problem;
    const Route* route = nullptr;
    try {
      route = &find(call);
      if (call.method == "OPTIONS") return preflight();
      if (route->scope != Scope::kOpen) {
        call.caller = gate_.admit(call);
        gate_.count(call.caller);
        check_scope(route->scope, call.caller);
      }
      reply = route->handler(call);
    } catch (const std::exception& error) {
      problem = error.what();
      reply = error_reply(error, dialect);
      if (reply.status == 405) reply.headers.emplace_back("Allow", allowed(call.path));
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    count_request(call.method, route != nullptr ? route->pattern : "other", reply.status, seconds);
    if (!problem.empty() || reply.status >= 400) {
      log_line(reply.status >= 500 ? LogLevel::kError : LogLevel::kInfo,
               fmt::format("[http] {} {} {} {} {}: {}",
                           call.remote,
                           call.caller.owner,
                           call.method,
                           call.path.substr(0, 200),
                           reply.status,
                           problem));
    }
    return reply;
  }

 private:
  const Route& find(Call& call) const {
    const std::string method = call.method == "HEAD" ? "GET" : call.method;
    bool path_known = false;
    for (const Route& route : routes_) {
      if (!matches(route.pattern, call.path, call.variables)) continue;
      if (route.method == method || call.method == "OPTIONS") return route;
      path_known = true;
    }
    if (path_known) {
      throw HttpError(
          405,
          "method_not_allowed",
          fmt::format("[server] {} is not for {}", call.method, call.path.substr(0, 200)));
    }
    throw HttpError(
        404, "not_found", fmt::format("[server] there is nothing at {}", call.path.substr(0, 200)));
  }

  std::string allowed(std::string_view path) const {
    std::string list;
    std::vector<std::string> ignored;
    for (const Route& route : routes_) {
      if (matches(route.pattern, path, ignored))
        list += fmt::format("{}{}", list.empty() ? "" : ", ", route.method);
    }
    return list;
  }

  static Reply preflight() {
    Reply reply = Reply::empty();
    reply.headers = {{"Access-Control-Allow-Methods", std::string(kMethods)},
                     {"Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID"},
                     {"Access-Control-Max-Age", "600"}};
    return reply;
  }

  void allow_origin(const Call& call, httplib::Response& response) const {
    const std::string origin = call.header("Origin");
    if (origin.empty() || !gate_.allows_origin(origin, call.header("Host"))) return;
    response.set_header("Access-Control-Allow-Origin", origin);
    response.set_header("Vary", "Origin");
  }

  void send(Reply reply, httplib::Response& response) {
    response.status = reply.status;
    response.set_header("X-Content-Type-Options", "nosniff");
    response.set_header("Referrer-Policy", "no-referrer");
    bool cached = false;
    for (const auto& [name, value] : reply.headers) {
      response.set_header(name, value);
      cached |= name == "Cache-Control";
    }
    if (!cached) response.set_header("Cache-Control", "no-store");
    if (reply.stream) {
      response.set_header("X-Accel-Buffering", "no");
      response.set_chunked_content_provider(
          "text/event-stream",
          [this, stream = std::move(reply.stream)](size_t, httplib::DataSink& sink) {
            ClientEvents events(sink, context_);
            try {
              stream(events);
            } catch (const std::exception& problem) {
              log(LogLevel::kError,
                  fmt::format("[http] a stream of events broke off: {}", problem.what()));
            }
            sink.done();
            return true;
          });
    } else if (!reply.type.empty()) {
      response.set_content(reply.body, reply.type);
    }
  }

  Context& context_;
  Gate& gate_;
  const Routes routes_;
  const ServerOptions options_;
  httplib::Server server_;
  socket_t listening_ = INVALID_SOCKET;
};

Server::Server(Context& context, Gate& gate, Routes routes, ServerOptions options)
    : implementation_(
          std::make_unique<Implementation>(context, gate, std::move(routes), std::move(options))) {}
Server::~Server() = default;
int Server::bind() { return implementation_->bind(); }
void Server::run() { implementation_->run(); }
void Server::stop() { implementation_->stop(); }

}  // namespace lienzo::http
