#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/base/trimmed.h"
#include "lienzo/provenance/record.h"

namespace lienzo::provenance {
namespace {

constexpr std::string_view kNegative = "Negative prompt:";
constexpr std::string_view kBlank = " \t\r\n";
using Fields = std::vector<std::pair<std::string, std::string>>;

// `quote` of AUTOMATIC1111's modules/infotext_utils.py. A value that starts with a quotation mark
// is quoted too, or reading would take that off.
std::string quote(const std::string& value) {
  if (value.find_first_of(",:\n") == std::string::npos && !value.starts_with('"')) return value;
  return Json(value).dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

std::string unquote(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::string(value);
  const Json json = Json::parse(value, nullptr, /*allow_exceptions=*/false);
  return json.is_string() ? json.get<std::string>() : std::string(value);
}

bool is_name(std::string_view text) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  if (text.size() < 2 || !is_word(text[0])) return false;
  for (const char c : text) {
    if (!is_word(c) && c != ' ' && c != '-' && c != '/') return false;
  }
  return true;
}

// "Name: value, Name: value", as the expression `re_param` of infotext_utils.py takes it apart: a
// quoted value runs to its closing mark, any other to the next comma.
Fields split_settings(std::string_view line) {
  Fields fields;
  size_t at = 0;
  while (at < line.size()) {
    const size_t colon = line.find(':', at);
    if (colon == std::string_view::npos) break;
    const auto name = trimmed(line.substr(at, colon - at));
    size_t begin = line.find_first_not_of(kBlank, colon + 1);
    if (begin == std::string_view::npos) begin = line.size();
    size_t end = line.find(',', begin);
    if (begin < line.size() && line[begin] == '"') {
      size_t close = begin + 1;
      while (close < line.size() && line[close] != '"') close += line[close] == '\\' ? 2 : 1;
      const size_t after = line.find_first_not_of(kBlank, std::min(close + 1, line.size()));
      if (close < line.size() && (after == std::string_view::npos || line[after] == ','))
        end = after;
    }
    if (end == std::string_view::npos) end = line.size();
    if (is_name(name)) fields.emplace_back(name, unquote(trimmed(line.substr(begin, end - begin))));
    at = end + 1;
  }
  return fields;
}

template <typename T>
T parse_number(std::string_view name, std::string_view value, std::string_view where) {
  T number{};
  const auto [end, status] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (status != std::errc() || end != value.data() + value.size()) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[record] {}: {} is '{}', expected a number", where, name, value));
  }
  return number;
}

int parse_count(std::string_view name, std::string_view value, std::string_view where) {
  const int number = parse_number<int>(name, value, where);
  if (number < 0) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[record] {}: {} is {}, expected zero or more", where, name, number));
  }
  return number;
}

void set_field(Record& record,
               const std::string& name,
               const std::string& value,
               std::string_view where) {
  if (name == "Steps") {
    record.steps = parse_count(name, value, where);
  } else if (name == "Sampler") {
    record.sampler = value;
  } else if (name == "CFG scale") {
    record.guidance = parse_number<double>(name, value, where);
  } else if (name == "Seed") {
    record.seed = parse_number<uint64_t>(name, value, where);
  } else if (name == "Size") {
    const size_t cross = value.find('x');
    const auto width = std::string_view(value).substr(0, cross);
    const auto height =
        cross == std::string::npos ? std::string_view() : std::string_view(value).substr(cross + 1);
    record.width = parse_count(name, width, where);
    record.height = parse_count(name, height, where);
  } else if (name == "Model hash") {
    record.model_hash = value;
  } else if (name == "Model") {
    record.model = value;
  } else if (name == "Version") {
    record.version = value;
  } else {
    record.extra[name] = value;
  }
}

void append_line(std::string& text, std::string_view line) {
  if (!text.empty()) text += '\n';
  text += line;
}

}  // namespace

std::string to_parameters(const Record& record) {
  Fields fields = {{"Steps", std::to_string(record.steps)},
                   {"Sampler", record.sampler},
                   {"CFG scale", fmt::format("{}", record.guidance)},
                   {"Seed", std::to_string(record.seed)},
                   {"Size", fmt::format("{}x{}", record.width, record.height)},
                   {"Model hash", record.model_hash},
                   {"Model", record.model},
                   {"Version", record.version}};
  for (const auto& [name, value] : record.elsewhere) {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&wanted = name](const auto& field) {
          return field.first == wanted;
        });
    if (found != fields.end()) {
      found->second = value;
    } else {
      fields.insert(fields.end() - 1, {name, value});
    }
  }
  std::string settings;
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    if (!settings.empty()) settings += ", ";
    settings += name + ": " + quote(value);
  }
  std::string text = record.prompt + record.tags_elsewhere;
  if (!record.negative_prompt.empty())
    append_line(text, fmt::format("{} {}", kNegative, record.negative_prompt));
  append_line(text, settings);
  return text;
}

Record record_from_parameters(std::string_view text, std::string_view where) {
  const auto whole = trimmed(text);
  const size_t last_break = whole.rfind('\n');
  const auto last_line =
      last_break == std::string_view::npos ? whole : whole.substr(last_break + 1);
  const Fields fields = split_settings(last_line);
  // Fewer than three settings are a prompt that happens to contain a colon, says infotext_utils.py.
  if (fields.size() < 3) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format(
            "[record] {} have no settings, expected a last line like 'Steps: 20, Sampler: Euler, "
            "CFG scale: 1, Seed: 42, Size: 256x256'",
            where));
  }
  Record record;
  record.version.clear();
  std::string_view rest =
      last_break == std::string_view::npos ? std::string_view() : whole.substr(0, last_break);
  bool negative = false;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    auto line = trimmed(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (line.starts_with(kNegative)) {
      negative = true;
      line = trimmed(line.substr(kNegative.size()));
    }
    append_line(negative ? record.negative_prompt : record.prompt, line);
  }
  for (const auto& [name, value] : fields) set_field(record, name, value, where);
  return record;
}

}  // namespace lienzo::provenance
