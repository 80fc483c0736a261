#include "lienzo/hub/hub_listing.h"

#include <fmt/format.h>

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/base/printable.h"
#include "lienzo/base/utf8.h"

namespace lienzo::hub {
namespace {

[[noreturn]] void reject(const std::string& where, const std::string& problem) {
  throw Error(
      ErrorKind::kCorrupt,
      fmt::format("[hub] {} is not what the hub answers: {}; check HF_ENDPOINT", where, problem));
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

uint64_t size_of(const Json& object, const std::string& where, const std::string& path) {
  const auto found = object.find("size");
  if (found == object.end() || !found->is_number_unsigned())
    reject(where, fmt::format("'{}' has no size in bytes", printable(path)));
  return found->get<uint64_t>();
}

HubFile read_file(const Json& item, const std::string& where) {
  HubFile file;
  file.path = text_of(item, "path");
  if (!is_safe_path(file.path)) {
    reject(where,
           fmt::format("'{}' is a path that could leave the model's folder", printable(file.path)));
  }
  file.size = size_of(item, where, file.path);
  const auto lfs = item.find("lfs");
  if (lfs != item.end() && lfs->is_object()) {
    file.size = size_of(*lfs, where, file.path);
    if (const std::string oid = text_of(*lfs, "oid"); is_hex(oid, 64))
      file.checksum = {ChecksumKind::kSha256, oid};
  } else if (const std::string oid = text_of(item, "oid"); is_hex(oid, 40)) {
    file.checksum = {ChecksumKind::kGitBlob, oid};
  }
  return file;
}

}  // namespace

bool is_safe_path(std::string_view path) {
  if (path.empty() || path.size() > 512 || !is_valid_utf8(path)) return false;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '\\') return false;
  }
  size_t begin = 0;
  while (true) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (segment.empty() || segment == "." || segment == ".." || segment.size() > 200) return false;
    if (end == path.size()) return true;
    begin = end + 1;
  }
}

HubModelInfo parse_model_info(std::string_view json, const std::string& where) {
  const Json object = parse_json(json, "[hub] " + where);
  if (!object.is_object()) reject(where, "expected an object");
  HubModelInfo info;
  info.commit = text_of(object, "sha");
  if (!is_hex(info.commit, 40)) reject(where, "it names no commit");
  const auto gated = object.find("gated");  // false, "auto" or "manual"
  info.gated = gated != object.end() && (gated->is_string() || *gated == true);
  const auto card = object.find("cardData");
  if (card != object.end() && card->is_object()) {
    const std::string own_name = printable(text_of(*card, "license_name"));
    info.licence = own_name.empty() ? printable(text_of(*card, "license")) : own_name;
  }
  return info;
}

std::vector<HubFile> parse_file_list(std::string_view json, const std::string& where) {
  const Json list = parse_json(json, "[hub] " + where);
  if (!list.is_array()) reject(where, "expected a list of files");
  std::vector<HubFile> files;
  for (const Json& item : list) {
    if (!item.is_object()) reject(where, "expected objects in the list of files");
    if (text_of(item, "type") == "file") files.push_back(read_file(item, where));
  }
  return files;
}

std::string next_page(std::string_view link_header) {
  // <URL>; rel="next", <URL>; rel="prev"
  while (true) {
    const size_t open = link_header.find('<'), close = link_header.find('>');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open)
      return {};
    const size_t end = std::min(link_header.find('<', close), link_header.size());
    const std::string_view parameters = link_header.substr(close, end - close);
    if (parameters.find("rel=\"next\"") != std::string_view::npos)
      return std::string(link_header.substr(open + 1, close - open - 1));
    if (end == link_header.size()) return {};
    link_header.remove_prefix(end);
  }
}

}  // namespace lienzo::hub
