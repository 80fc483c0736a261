#include "lienzo/diffusion/guidance.h"

#include <numeric>
#include <utility>
#include <vector>

#include "lienzo/base/error.h"

namespace lienzo::diffusion {

torch::Tensor classifier_free_guidance(const torch::Tensor& cond,
                                       const torch::Tensor& uncond,
                                       double scale,
                                       double rescale) {
  if (cond.sizes() != uncond.sizes()) {
    throw Error(ErrorKind::kInvalidInput,
                "[guidance] the conditional and unconditional predictions differ in shape");
  }
  torch::Tensor guided = uncond + (cond - uncond) * scale;
  if (rescale == 0) return guided;
  std::vector<int64_t> dims(static_cast<size_t>(cond.dim()) - 1);
  std::iota(dims.begin(), dims.end(), 1);
  const torch::Tensor ratio = cond.std(dims, /*unbiased=*/true, /*keepdim=*/true) /
                              guided.std(dims, /*unbiased=*/true, /*keepdim=*/true);
  return guided * (ratio * rescale + (1 - rescale));
}

Denoiser guided_denoiser(Denoiser cond, Denoiser uncond, const GuidanceOptions& options) {
  return [cond = std::move(cond), uncond = std::move(uncond), options](const torch::Tensor& x,
                                                                       double sigma) {
    if (!options.active(sigma)) return cond(x, sigma);
    return classifier_free_guidance(
        cond(x, sigma), uncond(x, sigma), options.scale, options.rescale);
  };
}

}  // namespace lienzo::diffusion
