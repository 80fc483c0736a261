#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace lienzo::tensor {

/// Whose numbers a seed stands for.
enum class NoiseKind {
  /// torch.randn on a CPU, the reference implementations' latents: libtorch's mt19937. It looks at
  /// the low 32 bits of a seed only: seeds that differ by a multiple of 2^32 are the same seed.
  kCpu,
  /// torch.randn on an NVIDIA GPU, the default of the popular web interfaces: see philox.h. Normal
  /// numbers only.
  kPhilox,
};

/// "cpu", "gpu".
std::string_view name(NoiseKind kind);
/// Throws kInvalidInput listing the names.
NoiseKind noise_kind_from_name(std::string_view name);

/// Random numbers for a batch of pictures, one generator per picture, always drawn on the CPU in
/// fp32: so picture b depends only on seeds[b] and on how many numbers were asked before, not on
/// the batch it is in, the device, the type of the network or the number of threads.
class NoiseSource {
 public:
  /// One generator per seed. Throws kInvalidInput when there is none.
  explicit NoiseSource(std::vector<uint64_t> seeds, NoiseKind kind = NoiseKind::kCpu);

  int64_t size() const { return static_cast<int64_t>(seeds_.size()); }
  const std::vector<uint64_t>& seeds() const { return seeds_; }
  NoiseKind kind() const { return kind_; }

  /// Normal numbers, mean 0, deviation 1: (B, sample_shape...), fp32, on the CPU.
  torch::Tensor normal(c10::IntArrayRef sample_shape);
  /// Uniform numbers in [0, 1): (B, sample_shape...), fp32, on the CPU. kCpu only, otherwise throws
  /// kUnsupported.
  torch::Tensor uniform(c10::IntArrayRef sample_shape);
  /// Normal numbers in the shape, device and type of `x` (B, ...): drawn in fp32 on the CPU, then
  /// moved.
  torch::Tensor normal_like(const torch::Tensor& x);

 private:
  std::vector<uint64_t> seeds_;
  NoiseKind kind_;
  std::vector<at::Generator> generators_;  // kCpu
  uint32_t calls_ = 0;                     // kPhilox: blocks drawn so far
};

}  // namespace lienzo::tensor
