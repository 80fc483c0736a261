#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "lienzo/base/json.h"
#include "lienzo/weights/tensor_file.h"

/// The folders in which diffusers keeps one network each: config.json and its weights.
namespace lienzo::checkpoints {

struct PartFiles {
  Json config;                                         // config.json
  std::string config_where;                            // how messages call it
  std::shared_ptr<const weights::TensorFile> tensors;  // as the files name them
};

/// Reads config.json and opens the weights in `folder`: a .safetensors file, one in shards with its
/// index.json, else a .bin file. Of the variants that diffusers tells by a word in the name
/// ("fp16"), `variant` is taken; with an empty one the plain files, and where there are none, the
/// only variant there is. `label` begins messages. Throws kNotFound naming what was looked for and
/// which variants there are, and what open_tensor_file throws.
PartFiles open_part_folder(const std::filesystem::path& folder,
                           std::string_view variant,
                           std::string_view label);

}  // namespace lienzo::checkpoints
