#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lienzo/http/route.h"
#include "lienzo/jobs/job_store.h"

namespace lienzo::http {

struct ServerLimits;

struct GateOptions {
  bool loopback = true;                 // whether the server listens on this machine only
  bool require_keys = false;            // also on loopback and while there are none
  std::vector<std::string> hosts = {};  // names by which the server may be called, besides its own
  std::vector<std::string> origins = {};  // web pages from elsewhere that may call it
  int requests_per_minute = 0;            // of one key; 0: no limit
};

/// Who may come in. Without keys only this machine may, under a name of its own (so that no web
/// page that makes its name point here can), and not through a proxy.
class Gate {
 public:
  Gate(jobs::JobStore& store, GateOptions options);

  /// The caller by "Authorization: Bearer KEY", "Basic" (the key is the password) or the cookie.
  /// Throws HttpError: 401 without a valid key where one is needed, 403 for a foreign web page.
  Caller admit(const Call& call);
  /// Throws HttpError(429) when the caller came too often.
  void count(const Caller& caller);
  /// The caller that a key stands for. Throws HttpError(401) for one that is unknown, revoked or
  /// expired; which of these is said only of a key that is known.
  Caller caller_of(const std::string& key);
  bool keys_needed();
  /// Whether a page from this origin may read answers; `host` is the call's Host header.
  bool allows_origin(std::string_view origin, std::string_view host) const;

 private:
  struct Bucket {
    double tokens = 0;
    std::chrono::steady_clock::time_point filled;
  };

  void check_host(std::string_view host) const;

  jobs::JobStore& store_;
  const GateOptions options_;
  std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;
  std::optional<bool> any_keys_;  // as of asked_
  std::chrono::steady_clock::time_point asked_;
};

/// A new key: what its owner gets, once, and what the store keeps of it.
struct NewKey {
  std::string secret;  // "lz_ab12cd34_..."
  jobs::ApiKey row;
};
NewKey make_key(const std::string& name, const std::vector<std::string>& scopes);

/// The name of the cookie that carries a key.
inline constexpr std::string_view kKeyCookie = "lienzo_key";

/// GET, POST and DELETE /api/v1/session.
Routes session_routes(Gate& gate);

}  // namespace lienzo::http
