#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include "lienzo/base/toml.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "lienzo/base/error.h"

namespace lienzo {
namespace {

Json convert(const toml::node& node);

Json convert_table(const toml::table& table) {
  // toml++ sorts by name; the positions in the file tell the order of the author.
  std::vector<std::pair<toml::source_position, const toml::key*>> order;
  for (const auto& [key, value] : table) order.emplace_back(key.source().begin, &key);
  std::stable_sort(
      order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Json object = Json::object();
  for (const auto& [position, key] : order)
    object[std::string(key->str())] = convert(*table.get(key->str()));
  return object;
}

Json convert(const toml::node& node) {
  if (const auto* table = node.as_table()) return convert_table(*table);
  if (const auto* array = node.as_array()) {
    Json list = Json::array();
    for (const toml::node& item : *array) list.push_back(convert(item));
    return list;
  }
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return number->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  std::ostringstream text;
  if (const auto* date = node.as_date()) text << date->get();
  if (const auto* time = node.as_time()) text << time->get();
  if (const auto* moment = node.as_date_time()) text << moment->get();
  return text.str();
}

}  // namespace

Json parse_toml(std::string_view text, std::string_view where) {
  const toml::parse_result result = toml::parse(text, where);
  if (!result) {
    const toml::parse_error& error = result.error();
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("{}: line {}, column {}: {}",
                            where,
                            error.source().begin.line,
                            error.source().begin.column,
                            error.description()));
  }
  return convert_table(result.table());
}

}  // namespace lienzo
