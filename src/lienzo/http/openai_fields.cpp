#include "lienzo/http/openai_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "lienzo/base/suggest.h"
#include "lienzo/base/utf8.h"
#include "lienzo/http/http_error.h"

namespace lienzo::http {
namespace {

// A value in messages: short, and what it was.
std::string shown(const Json& value) {
  constexpr size_t kLongest = 60;
  std::string text =
      value.is_string()
          ? value.get<std::string>()
          : value.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
  if (!is_valid_utf8(text)) return "?";
  if (text.size() <= kLongest) return text;
  size_t end = kLongest;
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string_view kind_of(const Json& value) {
  if (value.is_boolean()) return "a boolean";
  if (value.is_number_integer()) return "an integer";
  if (value.is_number()) return "a decimal number";
  if (value.is_string()) return "a string";
  if (value.is_array()) return "an array";
  return "an object";
}

[[noreturn]] void refuse_type(const std::string& field,
                              std::string_view expected,
                              const Json& value) {
  refuse_field(field,
               fmt::format("Invalid type for '{}': expected {}, but got {} instead.",
                           field,
                           expected,
                           kind_of(value)),
               "invalid_type");
}

template <class T>
bool parse_number(const std::string& text, T& number) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() && end == text.data() + text.size();
}

}  // namespace

void refuse_field(const std::string& field, const std::string& message, const std::string& code) {
  throw HttpError(400, code, message, field);
}

OpenAiFields::OpenAiFields(const Call& call) : form_(!call.parts.empty()) {
  if (!form_) {
    values_ = call.json();
    return;
  }
  for (const Part& part : call.parts) {
    if (!part.filename.empty() || part.type.starts_with("image/")) {
      files_.push_back(&part);
      continue;
    }
    if (!is_valid_utf8(part.body)) refuse_field(part.name, "The value is not valid UTF-8.");
    if (values_.contains(part.name))
      refuse_field(part.name, fmt::format("'{}' is given more than once.", part.name));
    values_[part.name] = part.body.empty() ? Json() : Json(part.body);
  }
}

bool OpenAiFields::has(const std::string& name) const {
  const auto found = values_.find(name);
  return found != values_.end() && !found->is_null();
}

const Json* OpenAiFields::find(const std::string& name) {
  known_.push_back(name);
  return has(name) ? &values_.at(name) : nullptr;
}

std::optional<std::string> OpenAiFields::text(const std::string& name) {
  const Json* value = find(name);
  if (!value) return std::nullopt;
  if (!value->is_string()) refuse_type(name, "a string", *value);
  return value->get<std::string>();
}

std::string OpenAiFields::required_text(const std::string& name, size_t longest) {
  const std::optional<std::string> value = text(name);
  if (!value) {
    refuse_field(
        name, fmt::format("Missing required parameter: '{}'.", name), "missing_required_parameter");
  }
  if (value->find_first_not_of(" \t\r\n") == std::string::npos)
    refuse_field(name, fmt::format("Invalid '{}': it is empty; say what to draw.", name));
  const size_t length = decode_utf8(*value, name).size();
  if (length > longest) {
    refuse_field(name,
                 fmt::format("Invalid '{}': string too long. Expected a string with maximum length "
                             "{}, but got a string with length {} instead.",
                             name,
                             longest,
                             length));
  }
  return *value;
}

std::optional<int64_t> OpenAiFields::whole(const std::string& name, int64_t low, int64_t high) {
  const Json* value = find(name);
  if (!value) return std::nullopt;
  int64_t number = 0;
  bool fits = true;
  if (form_) {
    if (!parse_number(value->get<std::string>(), number)) refuse_type(name, "an integer", *value);
  } else if (value->is_number_unsigned()) {
    fits = std::in_range<int64_t>(value->get<uint64_t>());
    if (fits) number = value->get<int64_t>();
  } else if (value->is_number_integer()) {
    number = value->get<int64_t>();
  } else {
    refuse_type(name, "an integer", *value);
  }
  if (!fits || number < low || number > high) {
    refuse_field(name,
                 fmt::format("Invalid '{}': it is {}, expected an integer from {} to {}.",
                             name,
                             shown(*value),
                             low,
                             high));
  }
  return number;
}

std::optional<double> OpenAiFields::real(const std::string& name, double low, double high) {
  const Json* value = find(name);
  if (!value) return std::nullopt;
  double number = 0;
  if (form_) {
    if (!parse_number(value->get<std::string>(), number)) refuse_type(name, "a number", *value);
  } else if (value->is_number()) {
    number = value->get<double>();
  } else {
    refuse_type(name, "a number", *value);
  }
  if (!(number >= low && number <= high)) {
    refuse_field(name,
                 fmt::format("Invalid '{}': it is {}, expected a number from {} to {}.",
                             name,
                             shown(*value),
                             low,
                             high));
  }
  return number;
}

bool OpenAiFields::flag(const std::string& name) {
  const Json* value = find(name);
  if (!value) return false;
  if (value->is_boolean()) return value->get<bool>();
  if (form_ && *value == "true") return true;
  if (form_ && *value == "false") return false;
  refuse_type(name, "a boolean", *value);
}

std::string OpenAiFields::choice(const std::string& name,
                                 std::initializer_list<std::string_view> allowed,
                                 std::string_view normal) {
  const std::optional<std::string> value = text(name);
  if (!value) return std::string(normal);
  if (std::find(allowed.begin(), allowed.end(), *value) != allowed.end()) return *value;
  std::string list;
  for (const std::string_view one : allowed)
    list += fmt::format("{}'{}'", list.empty() ? "" : ", ", one);
  refuse_field(
      name,
      fmt::format(
          "Invalid value for '{}': '{}'. Supported values are: {}.", name, shown(*value), list));
}

Json OpenAiFields::any(const std::string& name) {
  const Json* value = find(name);
  return value ? *value : Json();
}

std::vector<const Part*> OpenAiFields::files(const std::string& name) {
  known_.push_back(name);
  known_.push_back(name + "[]");
  for (const std::string& text : {name, name + "[]"}) {
    if (has(text))
      refuse_field(name, fmt::format("'{}' is text, expected a file.", name), "invalid_type");
  }
  std::vector<const Part*> found;
  for (const Part* part : files_) {
    if (part->name == name || part->name == name + "[]") found.push_back(part);
  }
  return found;
}

void OpenAiFields::finish() const {
  const auto check = [&](const std::string& name) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) return;
    refuse_field(name,
                 fmt::format("Unknown parameter: '{}'{}.", shown(name), suggestion(name, known_)),
                 "unknown_parameter");
  };
  for (const auto& item : values_.items()) check(item.key());
  for (const Part* part : files_) check(part->name);
}

}  // namespace lienzo::http
