#pragma once

#include <filesystem>
#include <memory>

#include "lienzo/weights/tensor_file.h"

namespace lienzo::weights {

/// Opens a weight file of any format that Lienzo reads. The format is told by the file's content,
/// never by its name: files are often renamed. Throws kNotFound or kIo when it cannot be opened,
/// kCorrupt or kUnsupported saying what the file seems to be instead (an error page, a Git LFS
/// pointer, an unfinished download...).
std::unique_ptr<TensorFile> open_tensor_file(const std::filesystem::path& path);

}  // namespace lienzo::weights
