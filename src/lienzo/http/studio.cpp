#include "lienzo/http/studio.h"

#include <fmt/format.h>

#include <map>
#include <string>

#include "lienzo/base/hash.h"
#include "lienzo/http/http_error.h"

namespace lienzo::http {
namespace {

constexpr const char* kPolicy =
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

std::string media_type(std::string_view name) {
  for (const auto& [ending, type] : {std::pair{".html", "text/html; charset=utf-8"},
                                     {".css", "text/css; charset=utf-8"},
                                     {".js", "text/javascript; charset=utf-8"},
                                     {".json", "application/json"},
                                     {".webmanifest", "application/manifest+json"},
                                     {".svg", "image/svg+xml"},
                                     {".png", "image/png"},
                                     {".webp", "image/webp"}}) {
    if (name.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

/// What each file is known by, for browsers that have it already.
const std::map<std::string_view, std::string>& tags() {
  static const auto tags = [] {
    std::map<std::string_view, std::string> all;
    for (const StudioFile& file : studio_files()) {
      const auto bytes = std::as_bytes(std::span(file.bytes.data(), file.bytes.size()));
      all[file.name] = fmt::format("\"{}\"", sha256_hex(bytes).substr(0, 32));
    }
    return all;
  }();
  return tags;
}

Reply serve(const Call& call, std::string_view name) {
  for (const StudioFile& file : studio_files()) {
    if (file.name != name) continue;
    const std::string& tag = tags().at(name);
    Reply reply{.type = media_type(name), .body = std::string(file.bytes)};
    reply.headers = {
        {"Content-Security-Policy", kPolicy}, {"ETag", tag}, {"Cache-Control", "no-cache"}};
    if (call.header("If-None-Match") == tag) {
      reply.status = 304;
      reply.body.clear();
    }
    return reply;
  }
  throw HttpError(404, "not_found", "[studio] has no such file");
}

}  // namespace

Routes studio_routes() {
  const RouteDoc hidden{.summary = "The studio", .listed = false};
  return {{"GET",
           "/",
           Scope::kOpen,
           [](const Call& call) { return serve(call, "index.html"); },
           hidden},
          {"GET",
           "/studio/{file}",
           Scope::kOpen,
           [](const Call& call) { return serve(call, call.variables[0]); },
           hidden},
          {"GET",
           "/studio/{folder}/{file}",
           Scope::kOpen,
           [](const Call& call) {
             return serve(call, fmt::format("{}/{}", call.variables[0], call.variables[1]));
           },
           hidden}};
}

}  // namespace lienzo::http
