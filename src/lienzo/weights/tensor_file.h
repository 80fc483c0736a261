#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lienzo/weights/tensor_index.h"

namespace lienzo::weights {

using NamedTensor = std::pair<std::string, torch::Tensor>;

/// The torch type that tensors of type `dtype` are read as; fp32 for the quantised ones. Throws
/// kUnsupported for types this build can list but not read (F8, U16, F4...).
torch::ScalarType scalar_type(DType dtype);
/// The file type for a torch type. Throws kUnsupported where files have none.
DType file_dtype(torch::ScalarType type);

/// Named tensors to read from, whatever the format behind them.
class TensorFile {
 public:
  virtual ~TensorFile() = default;

  virtual const TensorIndex& index() const = 0;
  /// How messages call this file: "model.safetensors".
  virtual std::string where() const = 0;
  /// Where the numbers lie, in the order of the index: several for a model in shards, none for
  /// tensors in memory.
  virtual std::vector<std::filesystem::path> files() const = 0;

  /// The tensor of that name, on the CPU. It may share its memory with the file, which stays open
  /// as long as the tensor lives: treat it as read-only and clone() it before writing, for others
  /// may share the same numbers (the file itself never changes). Throws kNotFound for an unknown
  /// name, kUnsupported for a type that scalar_type refuses.
  torch::Tensor read(std::string_view name) const;

 protected:
  virtual torch::Tensor read_numbers(const TensorInfo& info) const = 0;
};

/// Tensors in memory behind the same interface: averaged weights, a part of another file, a test.
class TensorList final : public TensorFile {
 public:
  /// Throws kCorrupt when a name comes twice, kUnsupported for a type that files cannot hold.
  explicit TensorList(std::vector<NamedTensor> tensors, std::string where = "tensors");

  const TensorIndex& index() const override { return index_; }
  std::string where() const override { return where_; }
  std::vector<std::filesystem::path> files() const override { return {}; }

 protected:
  torch::Tensor read_numbers(const TensorInfo& info) const override;

 private:
  std::vector<NamedTensor> tensors_;
  std::string where_;
  TensorIndex index_;
};

}  // namespace lienzo::weights
