#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace lienzo::tensor {

/// Random numbers for a batch of pictures, one generator per picture, always drawn on the CPU in
/// fp32: so picture b depends only on seeds[b] and on how many numbers were asked before, not on
/// the batch it is in, the device, the type of the network or the number of threads.
///
/// The generator is libtorch's mt19937, which gives the same latents as the reference
/// implementations. It looks at the low 32 bits of a seed only: seeds that differ by a multiple of
/// 2^32 are the same seed.
class NoiseSource {
 public:
  /// One generator per seed. Throws kInvalidInput when there is none.
  explicit NoiseSource(std::vector<uint64_t> seeds);

  int64_t size() const { return static_cast<int64_t>(seeds_.size()); }
  const std::vector<uint64_t>& seeds() const { return seeds_; }

  /// Normal numbers, mean 0, deviation 1: (B, sample_shape...), fp32, on the CPU.
  torch::Tensor normal(c10::IntArrayRef sample_shape);
  /// Uniform numbers in [0, 1): (B, sample_shape...), fp32, on the CPU.
  torch::Tensor uniform(c10::IntArrayRef sample_shape);
  /// Normal numbers in the shape, device and type of `x` (B, ...): drawn in fp32 on the CPU, then
  /// moved.
  torch::Tensor normal_like(const torch::Tensor& x);

 private:
  std::vector<uint64_t> seeds_;
  std::vector<at::Generator> generators_;
};

}  // namespace lienzo::tensor
