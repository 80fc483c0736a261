#pragma once

#include <torch/types.h>

#include <filesystem>
#include <memory>

#include "lienzo/base/file.h"
#include "lienzo/weights/tensor_index.h"

namespace lienzo::weights {

/// Maps a weight file so that its tensors can be used where they lie. Copy on write, because torch
/// has no read-only tensors: writing to one by mistake costs memory but harms nothing. Throws
/// kNotFound or kIo.
std::shared_ptr<const MappedFile> map_weight_file(const std::filesystem::path& path);

/// The tensor of `file` that `info` describes, which a reader has checked, with neighbours
/// `strides` elements apart; contiguous without them. A contiguous tensor at an address that its
/// type allows shares the mapped memory, which stays mapped as long as it lives; any other is
/// copied. When a tensor that shares goes, the pages that it alone had read go back to the system,
/// so that weights taken over one by one are not counted twice; another tensor of the same numbers
/// reads them from the file again, and finds them as the file has them. Throws kUnsupported for a
/// type that torch lacks.
torch::Tensor mapped_tensor(const std::shared_ptr<const MappedFile>& file, const TensorInfo& info);
torch::Tensor mapped_tensor(const std::shared_ptr<const MappedFile>& file,
                            const TensorInfo& info,
                            c10::IntArrayRef strides);

}  // namespace lienzo::weights
