#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "lienzo/weights/tensor_index.h"

namespace lienzo::weights {

/// How a GGUF file begins.
inline constexpr std::string_view kGgufMagic = "GGUF";

/// Reads and checks the header of a GGUF file (version 2 or 3) given as all its bytes; looks at no
/// tensor's numbers and needs no torch. Every tensor lies within the file, where the one before it
/// ends, and consists of whole blocks. Shapes are in the order of torch, slowest dimension first;
/// where a converter changed one to fit whole blocks and noted the original
/// ("comfy.gguf.orig_shape.<name>"), they are the original ones.
///
/// The metadata are the file's values as text: short lists as "[1, 2]", long lists and texts only
/// by their length. Throws kCorrupt, naming `where`, for what breaks the format; kUnsupported for
/// other versions, big-endian files and element types that cannot be read, by name. Stricter than
/// the reference in what it refuses: bytes after the last tensor, text that is not UTF-8. Source:
/// ggml-org/ggml, docs/gguf.md and src/gguf.cpp (gguf_init_from_file_impl).
TensorIndex parse_gguf_header(std::span<const std::byte> file, std::string_view where);

}  // namespace lienzo::weights
