#pragma once

#include <filesystem>
#include <memory>

#include "lienzo/weights/tensor_file.h"

namespace lienzo::weights {

/// Opens a weight file of any format that Lienzo reads: safetensors, PyTorch (both formats), GGUF,
/// or the index of a model in several files. The format is told by the file's content, never by its
/// name, since files are often renamed.
///
/// Throws kNotFound or kIo when it cannot be opened, what the format's reader throws, or kCorrupt
/// saying what the file seems to be instead (a web page, a Git LFS pointer...).
std::unique_ptr<TensorFile> open_tensor_file(const std::filesystem::path& path);

/// The same, but takes no index: what an index may name.
std::unique_ptr<TensorFile> open_single_tensor_file(const std::filesystem::path& path);

}  // namespace lienzo::weights
