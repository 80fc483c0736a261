#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "lienzo/weights/tensor_index.h"

namespace lienzo::weights {

/// The format's own limit.
inline constexpr uint64_t kMaxHeaderBytes = 100'000'000;

/// Reads and checks the header of a safetensors file given as all its bytes; looks at no tensor's
/// numbers and needs no torch. What comes out is safe to use: every tensor lies within the file,
/// none overlaps another, sizes agree with shapes and types, and element counts fit into 62 bits.
/// Stricter than the reference in what it refuses: unknown or repeated keys, rank over 8, lengths
/// whose product would overflow were its zeros ones.
///
/// Tensors come in file order. Throws kCorrupt, naming `where`, what was found and what was
/// expected. Source: huggingface/safetensors, safetensors/src/tensor.rs
/// (SafeTensors::read_metadata, Metadata::validate).
TensorIndex parse_safetensors_header(std::span<const std::byte> file, std::string_view where);

}  // namespace lienzo::weights
