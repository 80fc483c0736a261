#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "lienzo/weights/tensor_index.h"

namespace lienzo::weights {

/// What lies in a file that torch.save wrote.
struct TorchContents {
  /// The tensors in the order of their dictionary, `offset` that of the first element; numbers and
  /// texts beside them, such as "global_step", as metadata.
  TensorIndex index;
  /// For each tensor the steps between neighbours in elements, one per dimension, none negative; 1
  /// where the dimension has one element.
  std::vector<std::vector<int64_t>> strides;
};

/// How a file of the format before PyTorch 1.6 begins: five pickles, then the numbers.
inline constexpr std::string_view kLegacyTorchMagic{
    "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15};
/// How a zip archive begins that holds anything.
inline constexpr std::string_view kZipMagic{"PK\x03\x04", 4};

/// Reads what torch.save wrote, given as all its bytes: the zip archive of PyTorch 1.6 and later,
/// or the format before it. Nothing is executed (pickle.h), no number is looked at, and what comes
/// out is safe to use: every element of every tensor lies within its storage, which lies within the
/// file, and a tensor has no more elements than its storage.
///
/// The file must hold a dictionary. Where it has a dictionary named state_dict, params_ema, params
/// or g_ema (the first of these), the tensors are those inside it and those that stand directly
/// beside it; else they are all that can be reached. Names of nested dictionaries and lists are
/// joined with dots. Numbers and texts directly in the file's dictionary become metadata; other
/// things, such as callbacks and settings, are passed over.
///
/// Throws kCorrupt, naming `where`, for what breaks the format; kUnsupported for compressed or
/// foreign archives, TorchScript, whole pickled modules, unknown Python names, big-endian numbers
/// and tensors that repeat their numbers. Source: pytorch/pytorch, torch/serialization.py
/// (_save, _legacy_save) and torch/_utils.py (_rebuild_tensor_v2).
TorchContents parse_torch_file(std::span<const std::byte> file, std::string_view where);

}  // namespace lienzo::weights
