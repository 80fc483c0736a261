#include "lienzo/base/config_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "lienzo/base/field_error.h"
#include "lienzo/base/suggest.h"

namespace lienzo {
namespace {

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

template <class T>
std::string expectation() {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  if constexpr (std::is_same_v<T, std::string>) return "a text";
  if constexpr (std::is_integral_v<T>) {
    return fmt::format("a whole number from {} to {}",
                       std::numeric_limits<T>::min(),
                       std::numeric_limits<T>::max());
  }
  if constexpr (std::is_floating_point_v<T>) return "a number";
  if constexpr (IsVector<T>::value)
    return "a list, each item " + expectation<typename T::value_type>();
  return "a value";
}

template <class T>
bool convert(const Json& value, T& target) {
  if constexpr (std::is_same_v<T, Json>) {
    target = value;
    return true;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_boolean()) return false;
    target = value.get<bool>();
    return true;
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!value.is_string()) return false;
    target = value.get<std::string>();
    return true;
  } else if constexpr (std::is_integral_v<T>) {
    if (value.is_number_unsigned()
            ? !std::in_range<T>(value.get<uint64_t>())
            : !value.is_number_integer() || !std::in_range<T>(value.get<int64_t>())) {
      return false;
    }
    target = value.get<T>();
    return true;
  } else if constexpr (std::is_floating_point_v<T>) {
    if (!value.is_number() || !std::isfinite(value.get<T>())) return false;
    target = value.get<T>();
    return true;
  } else {
    if (!value.is_array()) return false;
    T items;
    items.reserve(value.size());
    for (const Json& element : value) {
      typename T::value_type item{};
      if (!convert(element, item)) return false;
      items.push_back(std::move(item));
    }
    target = std::move(items);
    return true;
  }
}

/// The value as its author wrote it, short enough for a message.
std::string shown(const Json& value) {
  if (value.is_object()) return "a section";
  constexpr size_t kLongest = 60;
  if (value.is_number_float() && !std::isfinite(value.get<double>()))
    return fmt::format("{}", value.get<double>());
  const std::string text =
      value.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
  return text.size() <= kLongest ? text : text.substr(0, kLongest) + "...";
}

void remember(std::vector<std::string>& names, std::string_view key) {
  if (std::find(names.begin(), names.end(), key) == names.end()) names.emplace_back(key);
}

}  // namespace

ConfigReader::ConfigReader(Json object, std::string where)
    : ConfigReader(std::move(object), std::move(where), "") {}

ConfigReader::ConfigReader(Json object, std::string where, std::string section)
    : object_(std::move(object)), where_(std::move(where)), section_(std::move(section)) {
  if (!object_.is_object()) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("{}: expected a section with keys, got {}", place(), shown(object_)));
  }
}

std::string ConfigReader::place() const {
  return section_.empty() ? where_ : fmt::format("{}: [{}]", where_, section_);
}

std::string ConfigReader::section_of(std::string_view key) const {
  return section_.empty() ? std::string(key) : fmt::format("{}.{}", section_, key);
}

const Json* ConfigReader::find(std::string_view key) {
  remember(known_, key);
  const auto found = object_.find(std::string(key));
  if (found == object_.end()) return nullptr;
  remember(read_, key);
  return &*found;
}

void ConfigReader::reject(std::string_view key, std::string_view problem) const {
  throw FieldError(ErrorKind::kInvalidInput,
                   fmt::format("{}{} '{}' {}", place(), section_.empty() ? ":" : "", key, problem),
                   section_of(key));
}

template <class T>
void ConfigReader::optional(std::string_view key, T& target) {
  const Json* value = find(key);
  if (value != nullptr && !convert(*value, target)) {
    reject(
        key,
        fmt::format(
            "has the wrong type or range, got {}, expected {}", shown(*value), expectation<T>()));
  }
}

template <class T>
void ConfigReader::required(std::string_view key, T& target) {
  if (!has(key)) {
    // The usual cause is a misspelt name, which is then among the keys that are there.
    std::vector<std::string> present;
    for (const auto& item : object_.items()) present.push_back(item.key());
    const std::string similar = nearest_name(key, present);
    reject(key,
           similar.empty() ? fmt::format("is missing, expected {}", expectation<T>())
                           : fmt::format("is missing, but there is '{}'", similar));
  }
  optional(key, target);
}

ConfigReader ConfigReader::child(std::string_view key) {
  const Json* value = find(key);
  return {value != nullptr ? *value : Json::object(), where_, section_of(key)};
}

std::vector<ConfigReader> ConfigReader::children(std::string_view key) {
  std::vector<ConfigReader> readers;
  const Json* value = find(key);
  if (value == nullptr) return readers;
  if (!value->is_array())
    reject(key,
           fmt::format("has the wrong type, got {}, expected a list of sections", shown(*value)));
  for (const Json& element : *value) {
    readers.push_back(
        ConfigReader(element, where_, fmt::format("{}[{}]", section_of(key), readers.size())));
  }
  return readers;
}

bool ConfigReader::has(std::string_view key) {
  remember(known_, key);
  return object_.contains(std::string(key));
}

void ConfigReader::finish() const {
  for (const auto& item : object_.items()) {
    if (std::find(read_.begin(), read_.end(), item.key()) != read_.end()) continue;
    throw FieldError(ErrorKind::kInvalidInput,
                     fmt::format("{}{} unknown key '{}'{}",
                                 place(),
                                 section_.empty() ? ":" : "",
                                 item.key(),
                                 suggestion(item.key(), known_)),
                     section_of(item.key()));
  }
}

// NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in parentheses
#define LIENZO_INSTANTIATE(T)                                    \
  template void ConfigReader::optional<T>(std::string_view, T&); \
  template void ConfigReader::required<T>(std::string_view, T&);
// NOLINTEND(bugprone-macro-parentheses)
LIENZO_INSTANTIATE(Json)
LIENZO_INSTANTIATE(bool)
LIENZO_INSTANTIATE(int)
LIENZO_INSTANTIATE(int64_t)
LIENZO_INSTANTIATE(uint64_t)
LIENZO_INSTANTIATE(float)
LIENZO_INSTANTIATE(double)
LIENZO_INSTANTIATE(std::string)
LIENZO_INSTANTIATE(std::vector<bool>)
LIENZO_INSTANTIATE(std::vector<int>)
LIENZO_INSTANTIATE(std::vector<int64_t>)
LIENZO_INSTANTIATE(std::vector<uint64_t>)
LIENZO_INSTANTIATE(std::vector<float>)
LIENZO_INSTANTIATE(std::vector<double>)
LIENZO_INSTANTIATE(std::vector<std::string>)
#undef LIENZO_INSTANTIATE

}  // namespace lienzo
