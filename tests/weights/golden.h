#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>

namespace lienzo::weights {

/// A file that the reference wrote: tools/golden/weight_files.py,
/// tools/golden/safetensors_files.py.
inline std::filesystem::path golden(const std::string& leaf) {
  return std::filesystem::path(LIENZO_TEST_DATA) / "golden" / "weights" / leaf;
}

/// Whether type, shape and numbers are the same.
inline bool same(const torch::Tensor& a, const torch::Tensor& b) {
  return a.scalar_type() == b.scalar_type() && a.equal(b);
}

}  // namespace lienzo::weights
