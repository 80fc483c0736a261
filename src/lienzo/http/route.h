#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lienzo/base/json.h"

/// What routes see of HTTP: a call comes in, a reply goes out. Only server.cpp knows the library
/// that speaks it, so that routes can be tested without a socket.
namespace lienzo::http {

/// Who calls: the owner of a key, or "local" where no keys are needed.
struct Caller {
  std::string owner = "local";  // the key's id
  std::string name = {};
  bool generate = true;
  bool admin = true;
  bool keyed = false;           // came with a key
  int requests_per_minute = 0;  // the key's own limits; 0: the server's
  int queued = 0;
  double largest_cost = 0;

  /// Whose jobs and pictures it sees: its own, or everybody's (empty), as an administrator with a
  /// key does.
  std::string sees() const;
};

/// One part of a multipart form.
struct Part {
  std::string name;
  std::string filename;  // as the client said; never used as a path
  std::string type;
  std::string body;
};

struct IgnoreCase {
  using is_transparent = void;  // NOLINT(readability-identifier-naming): asked for by that name
  bool operator()(std::string_view a, std::string_view b) const;
};

struct Call {
  std::string method;
  std::string path;                    // without the query
  std::vector<std::string> variables;  // what stood for {...} in the route's pattern
  std::multimap<std::string, std::string> query;
  std::map<std::string, std::string, IgnoreCase> headers;
  std::string body;
  std::vector<Part> parts;  // of multipart/form-data; then `body` is empty
  std::string remote;       // the client's address
  Caller caller;

  std::string header(std::string_view name) const;  // "" when absent
  /// The body as a JSON object. Throws HttpError: 415 for another content type (with
  /// `any_type`: never), 400 for what is no JSON or no object.
  Json json(bool any_type = false) const;
};

/// Server-sent events to one client.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// `event` and `id` may be empty. False when the client is gone or the server stops.
  virtual bool send(std::string_view event, std::string_view data, std::string_view id = {}) = 0;
  /// A comment that keeps the connection.
  virtual bool keep_alive() = 0;
  virtual bool open() const = 0;
};

struct Reply {
  int status = 200;
  std::string type = "application/json";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  /// Instead of a body: runs on the connection's thread until it returns.
  std::function<void(EventSink&)> stream = {};

  static Reply json(const Json& body, int status = 200);
  static Reply empty(int status = 204);
};

/// How errors look.
enum class Dialect { kNative, kOpenAi, kSdApi };

/// What the OpenAPI document says of a route; `responses` by status.
struct RouteDoc {
  std::string summary;
  Json parameters = Json::array();
  Json request = {};    // a schema of the JSON body; null: none
  Json responses = {};  // {"200": {"description", "schema" or "content"}}
  bool listed = true;
};

enum class Scope { kOpen, kRead, kGenerate, kAdmin };

struct Route {
  std::string method;   // "GET", ...
  std::string pattern;  // "/api/v1/jobs/{id}"; {id} stands for one segment
  Scope scope = Scope::kRead;
  std::function<Reply(const Call&)> handler;
  RouteDoc doc = {};
};

using Routes = std::vector<Route>;

/// Whether a path is what a pattern such as "/jobs/{id}" describes; fills in the variables.
bool matches(std::string_view pattern, std::string_view path, std::vector<std::string>& variables);

}  // namespace lienzo::http
