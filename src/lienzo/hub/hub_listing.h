#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lienzo/hub/checksum.h"

namespace lienzo::hub {

/// One file of a repository.
struct HubFile {
  std::string path;   // relative, with slashes; is_safe_path holds
  uint64_t size = 0;  // bytes
  Checksum checksum = {};

  bool operator==(const HubFile&) const = default;
};

/// What the hub says about a repository at one commit.
struct HubModelInfo {
  std::string commit;  // 40 hexadecimal digits
  std::string licence =
      {};              // as the model card names it, such as "openrail++"; "" when it does not
  bool gated = false;  // asks for consent before it gives its files
};

/// Whether a relative path stays inside the folder it is put into and can be printed: segments that
/// are neither empty, "." nor "..", no backslash, no control character, valid UTF-8, at most 512
/// bytes, 200 a segment.
bool is_safe_path(std::string_view path);

/// Reads the answer of /api/models/REPO/revision/REVISION (huggingface_hub, hf_api.py, ModelInfo).
/// `where` names the source in messages. Throws Error(kCorrupt).
HubModelInfo parse_model_info(std::string_view json, const std::string& where);

/// Reads one page of /api/models/REPO/tree/COMMIT?recursive=true (hf_api.py, RepoFile): its files,
/// folders left out. Throws Error(kCorrupt), also for a path that is not safe.
std::vector<HubFile> parse_file_list(std::string_view json, const std::string& where);

/// The URL marked rel="next" in a Link header (RFC 8288), or "".
std::string next_page(std::string_view link_header);

}  // namespace lienzo::hub
