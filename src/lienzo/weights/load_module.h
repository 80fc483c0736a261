#pragma once

#include <fmt/format.h>

#include <filesystem>

#include "lienzo/base/error.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/weights/load.h"
#include "lienzo/weights/safetensors.h"

namespace lienzo::weights {

/// Builds the module that a file written by `lienzo train` describes in its own metadata, and fills
/// it. Throws kNotFound, kIo or kCorrupt naming the file.
template <typename Module, typename Config>
Module load_module(const std::filesystem::path& path) {
  const auto file = SafetensorsFile::open(path);
  const auto& metadata = file.index().metadata();
  const auto found = metadata.find("lienzo.config");
  if (found == metadata.end()) {
    throw Error(ErrorKind::kCorrupt,
                fmt::format("[model] {} has no 'lienzo.config' in its metadata; it was not written "
                            "by `lienzo train`",
                            path.string()));
  }
  const Json json = parse_json(
      found->second, fmt::format("[model] {}: the metadata 'lienzo.config'", path.string()));
  Module module(Config::from_json(json, path.filename().string() + ": lienzo.config"));
  load_strict(*module, file);
  module->eval();
  return module;
}

}  // namespace lienzo::weights
