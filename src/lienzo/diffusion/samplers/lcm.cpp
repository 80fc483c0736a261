#include "lienzo/diffusion/samplers/lcm.h"

#include <cmath>
#include <string>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/samplers/x0_limit.h"
#include "lienzo/tensor/noise.h"

namespace lienzo::diffusion {
namespace {

constexpr double kLcmSigmaData = 0.5;

// c_out x0 + c_skip x_t, x_t on the variance preserving scale of the network.
torch::Tensor on_the_boundary(const torch::Tensor& x0,
                              const torch::Tensor& x,
                              double sigma,
                              double scaled_time) {
  const double sum = scaled_time * scaled_time + kLcmSigmaData * kLcmSigmaData;
  const double c_skip = kLcmSigmaData * kLcmSigmaData / sum;
  const double c_out = scaled_time / std::sqrt(sum);
  return x0 * c_out + x * (c_skip / std::sqrt(1 + sigma * sigma));
}

}  // namespace

torch::Tensor sample_lcm(const Denoiser& denoise,
                         torch::Tensor x,
                         std::span<const double> sigmas,
                         const LcmOptions& options,
                         tensor::NoiseSource& noise,
                         const StepCallback& on_step) {
  check_sampler_input(x, sigmas, options.path);
  if (!options.times.empty() && options.times.size() + 1 != sigmas.size()) {
    throw Error(ErrorKind::kInvalidInput,
                "[sampler] lcm needs a time for each of its " + std::to_string(sigmas.size() - 1) +
                    " steps, got " + std::to_string(options.times.size()));
  }
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i + 1 < sigmas.size(); ++i) {
    const double sigma_next = sigmas[i + 1];
    torch::Tensor denoised = limit_x0(denoise(x, sigmas[i]), options.limit);
    if (!options.times.empty()) {
      denoised =
          on_the_boundary(denoised, x, sigmas[i], options.times[i] * options.timestep_scaling);
    }
    x = denoised * path_alpha(options.path, sigma_next);
    if (sigma_next > 0) x = x + noise.normal_like(x) * sigma_next;
    report_step(on_step, i, sigmas, x, denoised);
  }
  return x;
}

}  // namespace lienzo::diffusion
