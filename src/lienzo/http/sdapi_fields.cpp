#include "lienzo/http/sdapi_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "lienzo/base/suggest.h"

namespace lienzo::http {
namespace {

Json problem(const std::string& field, const std::string& message, const std::string& type) {
  return {{"loc", {"body", field}}, {"msg", message}, {"type", type}};
}

// The message of a list of problems, for logs.
std::string summary(const Json& detail) {
  std::string text = "[sdapi]";
  for (const Json& one : detail) {
    text += fmt::format(
        " {}: {};", one["loc"].back().get<std::string>(), one["msg"].get<std::string>());
  }
  text.pop_back();
  return text;
}

// In the words of pydantic, on which FastAPI stands.
Json wrong_type(const std::string& field, FieldType type) {
  switch (type) {
    case FieldType::kText: return problem(field, "str type expected", "type_error.str");
    case FieldType::kWhole:
      return problem(field, "value is not a valid integer", "type_error.integer");
    case FieldType::kReal: return problem(field, "value is not a valid float", "type_error.float");
    case FieldType::kFlag:
      return problem(field, "value could not be parsed to a boolean", "type_error.bool");
    case FieldType::kList: return problem(field, "value is not a valid list", "type_error.list");
    case FieldType::kObject: return problem(field, "value is not a valid dict", "type_error.dict");
  }
  return {};
}

std::optional<double> number_of(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const std::string& text = value.get_ref<const std::string&>();
  double number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Json> whole_of(const Json& value) {
  if (value.is_number_unsigned() && !std::in_range<int64_t>(value.get<uint64_t>()))
    return std::nullopt;
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    int64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
  }
  constexpr double kExact = 9007199254740992;  // 2^53
  const std::optional<double> number = number_of(value);
  if (!number || *number != std::trunc(*number) || std::abs(*number) > kExact) return std::nullopt;
  return static_cast<int64_t>(*number);
}

}  // namespace

FieldProblems::FieldProblems(Json detail)
    : Error(ErrorKind::kInvalidInput, summary(detail)), detail_(std::move(detail)) {}

void reject_field(const std::string& field, const std::string& message, const std::string& type) {
  throw FieldProblems(Json::array({problem(field, message, type)}));
}

std::optional<Json> coerce(const Json& value, FieldType type) {
  switch (type) {
    case FieldType::kText: return value.is_string() ? std::optional(value) : std::nullopt;
    case FieldType::kWhole: return whole_of(value);
    case FieldType::kReal: {
      const std::optional<double> number = number_of(value);
      if (!number || !std::isfinite(*number)) return std::nullopt;
      return value.is_number() ? value : Json(*number);
    }
    case FieldType::kFlag:
      if (value.is_boolean()) return value;
      if (value == 0 || value == 1) return Json(value == 1);
      if (value == "true" || value == "false") return Json(value == "true");
      return std::nullopt;
    case FieldType::kList: return value.is_array() ? std::optional(value) : std::nullopt;
    case FieldType::kObject: return value.is_object() ? std::optional(value) : std::nullopt;
  }
  return std::nullopt;
}

SdApiFields::SdApiFields(const Json& body, std::span<const FieldRow> rows) {
  Json problems = Json::array();
  std::vector<std::string> known;
  for (const FieldRow& row : rows) {
    const std::string name(row.name);
    known.push_back(name);
    values_[name] = Json::parse(row.normal);
    const auto found = body.find(name);
    if (found == body.end() || found->is_null()) continue;
    if (std::optional<Json> value = coerce(*found, row.type)) {
      values_[name] = *std::move(value);
      given_.insert(name);
    } else {
      problems.push_back(wrong_type(name, row.type));
    }
  }
  for (const auto& item : body.items()) {
    if (std::find(known.begin(), known.end(), item.key()) != known.end()) continue;
    problems.push_back(problem(item.key(),
                               "extra fields not permitted" + suggestion(item.key(), known),
                               "value_error.extra"));
  }
  if (!problems.empty()) throw FieldProblems(std::move(problems));
}

std::string SdApiFields::text(const std::string& name) const {
  const Json& value = values_.at(name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

int64_t SdApiFields::whole(const std::string& name) const {
  const Json& value = values_.at(name);
  return value.is_number() ? value.get<int64_t>() : 0;
}

double SdApiFields::real(const std::string& name) const {
  const Json& value = values_.at(name);
  return value.is_number() ? value.get<double>() : 0;
}

bool SdApiFields::flag(const std::string& name) const {
  const Json& value = values_.at(name);
  return value.is_boolean() && value.get<bool>();
}

void SdApiFields::fill(const std::string& name, const Json& value) {
  if (!given_.insert(name).second) return;
  values_[name] = value;
}

}  // namespace lienzo::http
