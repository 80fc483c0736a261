#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lienzo::datasets {

/// One line of metadata.jsonl or metadata.csv.
struct MetadataRow {
  std::string file_name;
  std::string caption;  // empty where the line has none
  int line = 0;         // 1 = first, for messages
};

/// `where` names the file in messages. Throws Error(kInvalidInput) for malformed lines and missing
/// columns.
std::vector<MetadataRow> parse_metadata_jsonl(std::string_view text, const std::string& where);
std::vector<MetadataRow> parse_metadata_csv(std::string_view text, const std::string& where);

/// Line breaks and runs of blanks become one space, none at the ends; a byte-order mark goes.
std::string tidy_caption(std::string_view text);

}  // namespace lienzo::datasets
