#include "lienzo/datasets/image_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lienzo/base/error.h"
#include "lienzo/base/parse_json.h"

namespace lienzo::datasets {
namespace {

constexpr std::array<std::string_view, 3> kCaptionColumns = {"text", "caption", "prompt"};
constexpr std::string_view kExpected =
    "expected a column 'file_name' and the caption in 'text', 'caption' or 'prompt'";

[[noreturn]] void fail(const std::string& where, int line, const std::string& what) {
  throw Error(ErrorKind::kInvalidInput, "[" + where + ":" + std::to_string(line) + "] " + what);
}

std::string_view without_mark(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

struct Record {
  std::vector<std::string> fields;
  int line = 0;
};

/// RFC 4180: fields may stand in double quotes and then contain commas, line breaks and doubled
/// quotes.
std::vector<Record> parse_csv(std::string_view text, const std::string& where) {
  std::vector<Record> records;
  Record record;
  std::string field;
  bool quoted = false, was_quoted = false, any = false;
  int line = 1;
  record.line = 1;
  const auto end_field = [&] {
    record.fields.push_back(std::move(field));
    field.clear();
    was_quoted = false;
  };
  const auto end_record = [&] {
    if (any) {
      end_field();
      records.push_back(std::move(record));
    }
    record = {};
    any = false;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!any) record.line = line;
    if (c == '\n') ++line;
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += '"';
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"' && field.empty() && !was_quoted) {
      quoted = was_quoted = any = true;
    } else if (c == ',') {
      any = true;
      end_field();
    } else if (c == '\n') {
      end_record();
    } else if (c != '\r') {
      if (was_quoted)
        fail(where, line, "text after a closing quote; double the quotes inside a quoted field");
      any = true;
      field += c;
    }
  }
  if (quoted) fail(where, record.line, "a quoted field that opens here never closes");
  end_record();
  return records;
}

}  // namespace

std::vector<MetadataRow> parse_metadata_jsonl(std::string_view text, const std::string& where) {
  text = without_mark(text);
  std::vector<MetadataRow> rows;
  int line = 0;
  while (!text.empty()) {
    ++line;
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view content = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (content.find_first_not_of(" \t\r") == content.npos) continue;
    const Json object = parse_json(
        content, "[" + where + ":" + std::to_string(line) + "]", ErrorKind::kInvalidInput);
    if (!object.is_object())
      fail(
          where, line, std::string("got ") + object.type_name() + ", expected one object per line");
    const auto name = object.find("file_name");
    if (name == object.end() || !name->is_string()) fail(where, line, std::string(kExpected));
    MetadataRow row = {name->get<std::string>(), {}, line};
    for (std::string_view column : kCaptionColumns) {
      const auto caption = object.find(std::string(column));
      if (caption == object.end() || caption->is_null()) continue;
      if (!caption->is_string()) {
        fail(where, line, fmt::format("'{}' is {}, expected text", column, caption->type_name()));
      }
      row.caption = caption->get<std::string>();
      break;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<MetadataRow> parse_metadata_csv(std::string_view text, const std::string& where) {
  std::vector<Record> records = parse_csv(without_mark(text), where);
  if (records.empty()) fail(where, 1, std::string("empty, ") + std::string(kExpected));
  const std::vector<std::string>& header = records.front().fields;
  const auto column = [&](std::string_view name) {
    return static_cast<size_t>(std::find(header.begin(), header.end(), name) - header.begin());
  };
  const size_t name = column("file_name");
  size_t caption = header.size();
  for (std::string_view candidate : kCaptionColumns) {
    if (caption == header.size()) caption = column(candidate);
  }
  if (name == header.size() || caption == header.size())
    fail(where, 1, std::string(kExpected) + " in the first line");
  std::vector<MetadataRow> rows;
  for (size_t i = 1; i < records.size(); ++i) {
    Record& record = records[i];
    if (record.fields.size() != header.size()) {
      fail(where,
           record.line,
           "got " + std::to_string(record.fields.size()) + " fields, expected " +
               std::to_string(header.size()) + "; captions with commas belong in double quotes");
    }
    rows.push_back(
        {std::move(record.fields[name]), std::move(record.fields[caption]), record.line});
  }
  return rows;
}

std::string tidy_caption(std::string_view text) {
  text = without_mark(text);
  std::string tidy;
  bool space = false;
  for (char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      space = true;
      continue;
    }
    if (space && !tidy.empty()) tidy += ' ';
    space = false;
    tidy += c;
  }
  return tidy;
}

}  // namespace lienzo::datasets
