#pragma once

#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lienzo/base/file.h"
#include "lienzo/weights/tensor_file.h"
#include "lienzo/weights/torch_contents.h"

namespace lienzo::weights {

/// A file that torch.save wrote (.ckpt, .pt, .pth, .bin), mapped into memory. Its pickle is parsed
/// and never executed; torch_contents.h says which tensors a file has. A contiguous tensor uses the
/// mapped bytes themselves, another is copied into order when it is read.
class TorchFile final : public TensorFile {
 public:
  /// Throws kNotFound or kIo when the file cannot be opened, kCorrupt or kUnsupported as
  /// parse_torch_file says.
  static TorchFile open(const std::filesystem::path& path);
  /// A file that map_weight_file mapped.
  explicit TorchFile(std::shared_ptr<const MappedFile> file);

  const TensorIndex& index() const override { return contents_.index; }
  std::string where() const override { return file_->path().filename().string(); }
  std::vector<std::filesystem::path> files() const override { return {file_->path()}; }

 protected:
  torch::Tensor read_numbers(const TensorInfo& info) const override;

 private:
  std::shared_ptr<const MappedFile> file_;
  TorchContents contents_;
};

}  // namespace lienzo::weights
