#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "lienzo/tensor/noise.h"

namespace lienzo::tensor {

/// One Brownian path W per picture over [t0, t1], the same however it is asked: an increment
/// depends on the picture's seed, t0, t1 and the two ends alone, not on the batch or on what was
/// asked before.
///
/// The path is that of torchsde 0.2.6 BrownianTree(t0, w0, t1, entropy=seed) with its defaults
/// (ends rounded to 6 decimals, pool of 24 words), which is what k-diffusion and the web interfaces
/// take their SDE noise from: halving the interval down to the ends asked for, each half drawn
/// from the torch generator (or Philox) with a seed from the node's place in the tree.
class BrownianTree {
 public:
  /// Throws kInvalidInput when there is no seed or not t0 < t1, both finite.
  BrownianTree(std::vector<uint64_t> seeds,
               c10::IntArrayRef sample_shape,
               double t0,
               double t1,
               NoiseKind kind = NoiseKind::kCpu);

  /// W(tb) - W(ta), (B, sample_shape...), fp32, on the CPU; of variance |tb - ta|. Ends outside
  /// [t0, t1] are moved to it.
  torch::Tensor increment(double ta, double tb) const;

 private:
  std::vector<uint64_t> seeds_;
  std::vector<int64_t> shape_;
  double t0_, t1_;
  NoiseKind kind_;
};

}  // namespace lienzo::tensor
