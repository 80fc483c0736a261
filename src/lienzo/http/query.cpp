#include "lienzo/http/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "lienzo/base/utf8.h"
#include "lienzo/http/http_error.h"

namespace lienzo::http {
namespace {

[[noreturn]] void reject(std::string_view name, const std::string& problem) {
  throw HttpError(
      400, "invalid_input", fmt::format("[query] '{}' {}", name, problem), std::string(name));
}

}  // namespace

Query::Query(const Call& call, std::initializer_list<std::string_view> known) : call_(call) {
  for (const auto& [name, value] : call.query) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      reject(name.substr(0, 100), "is no parameter here");
    if (call.query.count(name) > 1) reject(name, "is there twice");
  }
}

std::string Query::text(const char* name, size_t longest) const {
  const auto found = call_.query.find(name);
  if (found == call_.query.end()) return "";
  if (found->second.size() > longest)
    reject(name, fmt::format("has {} bytes, expected at most {}", found->second.size(), longest));
  if (!is_valid_utf8(found->second) || found->second.find('\0') != std::string::npos)
    reject(name, "is no text in UTF-8");
  return found->second;
}

std::optional<int64_t> Query::whole(const char* name, int64_t low, int64_t high) const {
  const auto found = call_.query.find(name);
  if (found == call_.query.end()) return std::nullopt;
  const std::string& text = found->second;
  int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || value < low || value > high) {
    reject(name,
           fmt::format(
               "is '{}', expected a whole number from {} to {}", text.substr(0, 60), low, high));
  }
  return value;
}

}  // namespace lienzo::http
