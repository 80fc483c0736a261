#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lienzo/weights/tensor_file.h"

namespace lienzo::weights {

/// Several files as one: the shards of a large network, or the parts of a model that go into one
/// file. The index lists the tensors of one after the other and holds all their metadata; of a key
/// that several have, the first one's.
class TensorUnion final : public TensorFile {
 public:
  /// `where` is how messages call the whole. Throws kCorrupt when a tensor is in two files.
  TensorUnion(std::vector<std::shared_ptr<const TensorFile>> files, std::string where);

  const TensorIndex& index() const override { return index_; }
  std::string where() const override { return where_; }
  std::vector<std::filesystem::path> files() const override;

 protected:
  torch::Tensor read_numbers(const TensorInfo& info) const override;

 private:
  std::vector<std::shared_ptr<const TensorFile>> files_;
  std::vector<size_t> ends_;  // per file, the position in the index after its last tensor
  std::string where_;
  TensorIndex index_;
};

}  // namespace lienzo::weights
