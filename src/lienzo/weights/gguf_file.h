#pragma once

#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lienzo/base/file.h"
#include "lienzo/weights/tensor_file.h"

namespace lienzo::weights {

/// A GGUF file, mapped into memory. Plain tensors use the mapped bytes themselves. Quantised ones
/// are computed anew at every read(), in fp32: that is exact, as fp16 would not be (a product of
/// two scales and a number can need 21 bits), and load_strict converts one tensor after the other,
/// so that only one is ever held in both forms.
class GgufFile final : public TensorFile {
 public:
  /// Throws kNotFound or kIo when the file cannot be opened, kCorrupt or kUnsupported as
  /// parse_gguf_header says.
  static GgufFile open(const std::filesystem::path& path);
  /// A file that map_weight_file mapped.
  explicit GgufFile(std::shared_ptr<const MappedFile> file);

  const TensorIndex& index() const override { return index_; }
  std::string where() const override { return file_->path().filename().string(); }
  std::vector<std::filesystem::path> files() const override { return {file_->path()}; }

 protected:
  torch::Tensor read_numbers(const TensorInfo& info) const override;

 private:
  std::shared_ptr<const MappedFile> file_;
  TensorIndex index_;
};

}  // namespace lienzo::weights
