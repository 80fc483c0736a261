#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "lienzo/models/rrdb_net.h"
#include "lienzo/models/srvgg_net.h"
#include "lienzo/weights/tensor_file.h"

namespace lienzo::checkpoints {

/// An upscaler of finished pictures as it lies on the disk; nothing but its table of contents has
/// been read.
struct Upscaler {
  std::variant<models::RrdbNetConfig, models::SrvggNetConfig> config;
  /// Under the names of the network: for weights::load_strict.
  std::shared_ptr<const weights::TensorFile> tensors;
  std::filesystem::path path;

  /// "ESRGAN" or "SRVGGNetCompact".
  std::string architecture() const;
  /// How many times larger a side becomes.
  int64_t factor() const;
};

/// Whether the file is an upscaler of pictures, of whatever architecture. Throws as
/// weights::open_tensor_file does.
bool is_upscaler(const std::filesystem::path& path);

/// Opens a file of any format that holds RRDBNet under the names of Real-ESRGAN or of the older
/// ESRGAN, or SRVGGNetCompact. Throws kNotFound; kCorrupt; kInvalidInput for a file of another
/// kind, telling what it is; kUnsupported for upscalers of other architectures.
Upscaler open_upscaler(const std::filesystem::path& path);

}  // namespace lienzo::checkpoints
