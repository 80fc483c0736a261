#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lienzo/base/file.h"
#include "lienzo/weights/tensor_file.h"

namespace lienzo::weights {

/// A safetensors file, mapped into memory: opening reads the header only, and a tensor read from it
/// uses the mapped bytes themselves, which stay mapped until the last such tensor is gone.
class SafetensorsFile final : public TensorFile {
 public:
  /// Throws kNotFound or kIo when the file cannot be opened, kCorrupt as parse_safetensors_header
  /// says.
  static SafetensorsFile open(const std::filesystem::path& path);
  /// A file that map_weight_file mapped.
  explicit SafetensorsFile(std::shared_ptr<const MappedFile> file);

  const TensorIndex& index() const override { return index_; }
  std::string where() const override { return file_->path().filename().string(); }
  std::vector<std::filesystem::path> files() const override { return {file_->path()}; }

 protected:
  torch::Tensor read_numbers(const TensorInfo& info) const override;

 private:
  std::shared_ptr<const MappedFile> file_;
  TensorIndex index_;
};

/// All tensors of a file, sharing its mapped memory (read-only: clone() before writing), and its
/// metadata where that is asked for. Throws as SafetensorsFile does.
std::map<std::string, torch::Tensor> read_safetensors(
    const std::filesystem::path& path, std::map<std::string, std::string>* metadata = nullptr);

/// Writes `tensors` to `path` atomically: an old file stays whole until the new one is complete.
/// The bytes depend only on names, numbers and metadata: tensors lie in order of element size,
/// largest first, then name, each thereby aligned. Tensors may be on any device and need not be
/// contiguous. Throws kInvalidInput for a repeated, reserved or non-UTF-8 name, kUnsupported for a
/// type the format lacks, kIo when the disk refuses.
void write_safetensors(const std::filesystem::path& path,
                       const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

/// The same for the tensors of another file, read one after the other, so that memory holds about
/// one of them. Quantised tensors are written as they are read, in fp32. With `float_dtype` (fp32,
/// fp16 or bf16) fractions are converted. Throws kInvalidInput also when a number is too large for
/// fp16.
void write_safetensors(const std::filesystem::path& path,
                       const TensorFile& tensors,
                       std::optional<torch::ScalarType> float_dtype,
                       const std::map<std::string, std::string>& metadata = {});

/// A file of zeros in the place of `tensors`, whose names, shapes and types alone count; the zeros
/// are a hole, which takes no room on the disk. For measuring how models load. Throws as
/// write_safetensors does.
void write_hollow_safetensors(const std::filesystem::path& path, const TensorIndex& tensors);

}  // namespace lienzo::weights
