#include "lienzo/diffusion/samplers/sde_noise.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "lienzo/base/error.h"

namespace lienzo::diffusion {
namespace {

// The reference asks its tree at levels of single precision, and the path is rough: the last bits
// of an end matter.
double as_float(double sigma) { return static_cast<double>(static_cast<float>(sigma)); }

}  // namespace

SdeNoiseSampler::SdeNoiseSampler(const SdeNoiseOptions& options,
                                 const torch::Tensor& x,
                                 std::span<const double> sigmas,
                                 tensor::NoiseSource& noise)
    : noise_(noise) {
  if (x.size(0) != noise.size()) {
    throw Error(ErrorKind::kInvalidInput,
                "[sampler] " + std::to_string(x.size(0)) + " pictures need one seed each, got " +
                    std::to_string(noise.size()));
  }
  const double lowest = sigmas.back() > 0 ? sigmas.back() : sigmas[sigmas.size() - 2];
  const double low = options.low > 0 ? options.low : lowest;
  const double high = options.high > 0 ? options.high : sigmas[0];
  // A run of one step to 0 needs no noise.
  if (options.kind == SdeNoise::kSequential || !(low < high)) return;
  std::vector<uint64_t> seeds = noise.seeds();
  if (options.seed) seeds.assign(seeds.size(), *options.seed);
  tree_.emplace(seeds, x.sizes().slice(1), as_float(low), as_float(high), noise.kind());
}

torch::Tensor SdeNoiseSampler::operator()(const torch::Tensor& x, double sigma, double sigma_next) {
  if (!tree_) return noise_.normal_like(x);
  const double from = as_float(sigma), to = as_float(sigma_next);
  return (tree_->increment(from, to) / std::sqrt(std::abs(to - from))).to(x.options());
}

}  // namespace lienzo::diffusion
