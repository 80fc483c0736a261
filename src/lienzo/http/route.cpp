#include "lienzo/http/route.h"

#include <algorithm>
#include <cctype>

#include "lienzo/base/parse_json.h"
#include "lienzo/http/http_error.h"

namespace lienzo::http {
namespace {

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return parts;
}

}  // namespace

bool IgnoreCase::operator()(std::string_view a, std::string_view b) const {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
        return std::tolower(x) < std::tolower(y);
      });
}

std::string Caller::sees() const { return admin && keyed ? std::string() : owner; }

std::string Call::header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

Json Call::json(bool any_type) const {
  std::string type = header("Content-Type");
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  const IgnoreCase before;
  const std::string_view expected = "application/json";
  if (!any_type && (before(type, expected) || before(expected, type))) {
    throw HttpError(415,
                    "unsupported_media_type",
                    "[request] the Content-Type is '" + type + "', expected application/json");
  }
  Json json = parse_json(body, "[request] the body", ErrorKind::kInvalidInput);
  if (!json.is_object()) {
    throw HttpError(
        400, "invalid_input", "[request] the body is no JSON object, expected {\"...\": ...}");
  }
  return json;
}

Reply Reply::json(const Json& body, int status) {
  // Text from outside may be no UTF-8; it is shown as well as can be.
  return {.status = status, .body = body.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

Reply Reply::empty(int status) { return {.status = status, .type = ""}; }

bool matches(std::string_view pattern, std::string_view path, std::vector<std::string>& variables) {
  const std::vector<std::string_view> want = segments(pattern), have = segments(path);
  if (want.size() != have.size()) return false;
  variables.clear();
  for (size_t i = 0; i < want.size(); ++i) {
    if (want[i].starts_with('{')) {
      if (have[i].empty()) return false;
      variables.emplace_back(have[i]);
    } else if (want[i] != have[i]) {
      return false;
    }
  }
  return path.ends_with('/') == pattern.ends_with('/');
}

}  // namespace lienzo::http
