#include "lienzo/base/parse_json.h"

#include <fmt/format.h>

namespace lienzo {
namespace {

// `null` for each such word outside of texts.
std::string without_infinities(std::string_view text) {
  std::string result;
  bool quoted = false;
  for (size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at);
    size_t word = 0;
    if (!quoted) {
      for (const std::string_view number : {"-Infinity", "Infinity", "NaN"}) {
        if (rest.starts_with(number)) word = number.size();
      }
    }
    if (word > 0) {
      result += "null";
      at += word - 1;
      continue;
    }
    if (text[at] == '"') quoted = !quoted;
    result += text[at];
    if (quoted && text[at] == '\\' && at + 1 < text.size()) result += text[++at];
  }
  return result;
}

}  // namespace

Json parse_json(std::string_view text, std::string_view where, ErrorKind kind) {
  const auto limit_depth = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kDeepestJson) {
      throw Error(kind, fmt::format("{} is nested deeper than {} levels", where, kDeepestJson));
    }
    return true;
  };
  try {
    return Json::parse(text, limit_depth);
  } catch (const Json::exception& error) {
    throw Error(kind, fmt::format("{} is not valid JSON: {}", where, error.what()));
  }
}

Json parse_python_json(std::string_view text, std::string_view where, ErrorKind kind) {
  return parse_json(without_infinities(text), where, kind);
}

}  // namespace lienzo
