#pragma once

#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lienzo/weights/tensor_file.h"

namespace lienzo::weights {

/// A model in several files, opened by its index (`*.safetensors.index.json`,
/// `pytorch_model.bin.index.json`), which lies beside them.
class ShardedFile final : public TensorFile {
 public:
  /// Throws kNotFound naming every file that is absent, kIo, kCorrupt when the index and the files
  /// do not list the same tensors (naming them all), or what the reader of a file throws.
  static ShardedFile open(const std::filesystem::path& index_path);

  /// The tensors of one file after the other; `offset` counts within its file.
  const TensorIndex& index() const override { return index_; }
  std::string where() const override { return where_; }
  std::vector<std::filesystem::path> files() const override;

 protected:
  torch::Tensor read_numbers(const TensorInfo& info) const override;

 private:
  ShardedFile() = default;

  std::string where_;
  std::vector<std::unique_ptr<TensorFile>> shards_;
  std::vector<size_t> shard_of_;  // one per tensor
  TensorIndex index_;
};

}  // namespace lienzo::weights
