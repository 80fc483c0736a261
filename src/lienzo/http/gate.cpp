#include "lienzo/http/gate.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <span>

#include "lienzo/base/hash.h"
#include "lienzo/http/context.h"
#include "lienzo/http/http_error.h"

namespace lienzo::http {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kIdLength = 11;      // "lz_" and 8 letters
constexpr size_t kSecretLength = 40;  // letters of 32: 200 bits

jobs::Millis now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string random_letters(size_t count) {
  constexpr std::string_view kLetters = "abcdefghijkmnpqrstuvwxyz23456789";
  static_assert(kLetters.size() == 32);
  std::vector<unsigned char> bytes(count);
  if (RAND_bytes(bytes.data(), static_cast<int>(count)) != 1)
    throw Error(ErrorKind::kInternal, "[key] the system gives no random numbers");
  std::string text;
  for (const unsigned char byte : bytes) text += kLetters[byte % 32];
  return text;
}

std::string digest_of(const std::string& key) { return sha256_hex(std::as_bytes(std::span(key))); }

/// "example.org:7860" -> "example.org", "[::1]:7860" -> "[::1]".
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.rfind(':'));
}

bool is_loopback_name(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

std::string cookie(const Call& call) {
  const std::string all = call.header("Cookie");
  const std::string wanted = fmt::format("{}=", kKeyCookie);
  size_t at = 0;
  while (at < all.size()) {
    size_t end = all.find(';', at);
    if (end == std::string::npos) end = all.size();
    while (at < end && all[at] == ' ') ++at;
    if (all.compare(at, wanted.size(), wanted) == 0)
      return all.substr(at + wanted.size(), end - at - wanted.size());
    at = end + 1;
  }
  return "";
}

std::string key_in(const Call& call) {
  const std::string header = call.header("Authorization");
  if (header.starts_with("Bearer ")) return header.substr(7);
  if (header.starts_with("Basic ")) {
    const std::string pair = decode_picture_text(header.substr(6), "Authorization");
    return pair.substr(pair.find(':') + 1);
  }
  return cookie(call);
}

[[noreturn]] void refuse_key(const std::string& message) {
  throw HttpError(401, "unauthorized", message);
}

}  // namespace

Gate::Gate(jobs::JobStore& store, GateOptions options)
    : store_(store), options_(std::move(options)) {}

bool Gate::keys_needed() {
  if (options_.require_keys || !options_.loopback) return true;
  const std::scoped_lock lock(mutex_);
  // Keys are made by another process; a few seconds late is soon enough.
  if (!any_keys_ || Clock::now() - asked_ > std::chrono::seconds(2)) {
    const std::vector<jobs::ApiKey> keys = store_.list_keys();
    any_keys_ = std::any_of(keys.begin(), keys.end(), [](const auto& key) { return !key.revoked; });
    asked_ = Clock::now();
  }
  return *any_keys_;
}

bool Gate::allows_origin(std::string_view origin, std::string_view host) const {
  const size_t scheme = origin.find("://");
  if (scheme != std::string_view::npos && origin.substr(scheme + 3) == host) return true;
  return std::find(options_.origins.begin(), options_.origins.end(), origin) !=
         options_.origins.end();
}

void Gate::check_host(std::string_view host) const {
  const std::string_view name = without_port(host);
  if (host.empty() || is_loopback_name(name)) return;
  for (const std::string& allowed : options_.hosts) {
    if (name == allowed || host == allowed) return;
  }
  throw HttpError(
      403,
      "forbidden",
      fmt::format("[server] called as '{}', which is not its name; call it as localhost, "
                  "make keys, or start it with --public-name",
                  host.substr(0, 100)));
}

Caller Gate::admit(const Call& call) {
  const std::string origin = call.header("Origin");
  const bool reads = call.method == "GET" || call.method == "HEAD" || call.method == "OPTIONS";
  if (!origin.empty() && !reads && !allows_origin(origin, call.header("Host"))) {
    throw HttpError(403,
                    "forbidden",
                    fmt::format("[server] a page of {} may not call; allow it with --origin",
                                origin.substr(0, 200)));
  }
  const std::string key = key_in(call);
  if (!keys_needed()) {
    check_host(call.header("Host"));
    if (!call.header("X-Forwarded-For").empty() || !call.header("Forwarded").empty()) {
      throw HttpError(403,
                      "forbidden",
                      "[server] comes through a proxy, and there are no keys yet; make one with "
                      "`lienzo key create`");
    }
    return {};
  }
  if (key.empty()) {
    refuse_key(
        "[key] is missing; send 'Authorization: Bearer KEY' (`lienzo key create` makes one)");
  }
  return caller_of(key);
}

Caller Gate::caller_of(const std::string& key) {
  const std::string id = key.substr(0, kIdLength);
  const std::optional<jobs::ApiKey> row =
      key.size() <= 200 && id.starts_with("lz_") ? store_.find_key(id) : std::nullopt;
  const std::string digest = digest_of(key);
  if (!row || row->hash.size() != digest.size() ||
      CRYPTO_memcmp(row->hash.data(), digest.data(), digest.size()) != 0) {
    refuse_key("[key] is not one of this server");
  }
  if (row->revoked) refuse_key("[key] was revoked");
  if (row->expires && *row->expires <= now()) refuse_key("[key] has expired");
  store_.touch_key(id);
  const auto has = [&](const char* scope) {
    return std::find(row->scopes.begin(), row->scopes.end(), scope) != row->scopes.end();
  };
  return {.owner = row->id,
          .name = row->name,
          .generate = has("generate") || has("admin"),
          .admin = has("admin"),
          .keyed = true,
          .requests_per_minute = row->requests_per_minute,
          .queued = row->queued,
          .largest_cost = row->largest_cost};
}

void Gate::count(const Caller& caller) {
  const int allowed =
      caller.requests_per_minute > 0 ? caller.requests_per_minute : options_.requests_per_minute;
  if (allowed <= 0) return;
  const std::scoped_lock lock(mutex_);
  const auto [place, fresh] = buckets_.try_emplace(caller.owner);
  Bucket& bucket = place->second;
  const Clock::time_point time = Clock::now();
  const double gained = std::chrono::duration<double>(time - bucket.filled).count() * allowed / 60;
  bucket.tokens = fresh ? allowed : std::min<double>(allowed, bucket.tokens + gained);
  bucket.filled = time;
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return;
  }
  HttpError slow(
      429, "rate_limited", fmt::format("[key] may ask {} times a minute; wait a moment", allowed));
  slow.retry_after = (1 - bucket.tokens) * 60 / allowed;
  throw slow;
}

NewKey make_key(const std::string& name, const std::vector<std::string>& scopes) {
  for (const std::string& scope : scopes) {
    if (scope != "generate" && scope != "admin" && scope != "read") {
      throw Error(
          ErrorKind::kInvalidInput,
          fmt::format("[key] the scope '{}' is none, expected read, generate or admin", scope));
    }
  }
  NewKey key;
  key.row.id = "lz_" + random_letters(kIdLength - 3);
  key.secret = fmt::format("{}_{}", key.row.id, random_letters(kSecretLength));
  key.row.name = name;
  key.row.hash = digest_of(key.secret);
  key.row.scopes = scopes;
  key.row.created = now();
  return key;
}

Routes session_routes(Gate& gate) {
  const auto say = [&gate](const Caller& caller) {
    Json scopes = Json::array({"read"});
    if (caller.generate) scopes.push_back("generate");
    if (caller.admin) scopes.push_back("admin");
    return Json{{"keys", gate.keys_needed()},
                {"owner", caller.owner},
                {"name", caller.name},
                {"scopes", scopes}};
  };
  const auto set_cookie =
      [](const Call& call, Reply& reply, const std::string& value, int seconds) {
        const bool tls = call.header("X-Forwarded-Proto") == "https";
        reply.headers.emplace_back("Set-Cookie",
                                   fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; "
                                               "Max-Age={}{}",
                                               kKeyCookie,
                                               value,
                                               seconds,
                                               tls ? "; Secure" : ""));
      };
  const Json session = {{"type", "object"}};
  const Json body = {{"type", "object"},
                     {"additionalProperties", false},
                     {"required", {"key"}},
                     {"properties", {{"key", {{"type", "string"}, {"maxLength", 200}}}}}};
  return {
      {"GET",
       "/api/v1/session",
       Scope::kRead,
       [say](const Call& call) { return Reply::json(say(call.caller)); },
       {.summary = "Who one is", .responses = {{"200", session}}}},
      {"POST",
       "/api/v1/session",
       Scope::kOpen,
       [&gate, say, set_cookie](const Call& call) {
         const Json json = call.json();
         const auto key = json.find("key");
         if (key == json.end() || !key->is_string() || json.size() != 1)
           throw HttpError(400, "invalid_input", "[session] expected {\"key\": \"lz_...\"}", "key");
         Caller caller;
         if (gate.keys_needed()) caller = gate.caller_of(key->get<std::string>());
         Reply reply = Reply::json(say(caller));
         // What could break out of the header was refused as no key of ours.
         if (gate.keys_needed()) set_cookie(call, reply, key->get<std::string>(), 90 * 24 * 3600);
         return reply;
       },
       {.summary = "Keeps a key in a cookie", .request = body, .responses = {{"200", session}}}},
      {"DELETE",
       "/api/v1/session",
       Scope::kOpen,
       [set_cookie](const Call& call) {
         Reply reply = Reply::empty();
         set_cookie(call, reply, "", 0);
         return reply;
       },
       {.summary = "Forgets the cookie", .responses = {{"204", Json()}}}}};
}

}  // namespace lienzo::http
