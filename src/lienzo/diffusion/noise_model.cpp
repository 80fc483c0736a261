#include "lienzo/diffusion/noise_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/schedules.h"

namespace lienzo::diffusion {

double path_alpha(NoisePath path, double sigma) {
  return path == NoisePath::kVarianceExploding ? 1.0 : 1.0 - sigma;
}

NoiseModel NoiseModel::variance_preserving(Parameterization parameterization,
                                           std::vector<double> alphas_cumprod) {
  NoiseModel model;
  model.path_ = NoisePath::kVarianceExploding;
  model.parameterization_ = parameterization;
  model.sigma_table_ = sigmas_from_alphas_cumprod(alphas_cumprod);
  model.alphas_cumprod_ = std::move(alphas_cumprod);
  return model;
}

NoiseModel NoiseModel::rectified_flow(double time_scale, Parameterization parameterization) {
  if (!(time_scale > 0)) {
    throw Error(
        ErrorKind::kInvalidInput,
        "[diffusion] the flow time scale must be positive, got " + std::to_string(time_scale));
  }
  NoiseModel model;
  model.parameterization_ = parameterization;
  model.time_scale_ = time_scale;
  return model;
}

NoiseModel NoiseModel::with_times(std::vector<Pin> pins) const {
  NoiseModel model = *this;
  model.pins_ = std::move(pins);
  return model;
}

bool NoiseModel::zero_terminal_snr() const {
  return !alphas_cumprod_.empty() && alphas_cumprod_.back() == kZeroSnrAlphaBar;
}

NoiseModel::Level NoiseModel::level(double sampler_sigma) const {
  if (path_ == NoisePath::kRectifiedFlow) {
    return {
        .alpha = 1 - sampler_sigma, .sigma = sampler_sigma, .time = sampler_sigma * time_scale_};
  }
  const double alpha = 1 / std::sqrt(sampler_sigma * sampler_sigma + 1);
  const auto pin = std::find_if(
      pins_.begin(), pins_.end(), [&](const Pin& pinned) { return pinned.sigma == sampler_sigma; });
  return {.alpha = alpha,
          .sigma = sampler_sigma * alpha,
          .time = pin != pins_.end() ? pin->time : sigma_to_t(sigma_table_, sampler_sigma),
          .input_scale = alpha};
}

NoiseModel::TrainingBatch NoiseModel::training_batch(const torch::Tensor& x0,
                                                     const torch::Tensor& noise,
                                                     const torch::Tensor& u) const {
  TrainingBatch batch;
  if (path_ == NoisePath::kRectifiedFlow) {
    batch.sigma = u.to(torch::kFloat);
    batch.alpha = 1 - batch.sigma;
    batch.time = batch.sigma * time_scale_;
  } else {
    const auto size = static_cast<int64_t>(alphas_cumprod_.size());
    const torch::Tensor index =
        (u.to(torch::kDouble) * size).floor().clamp(0, size - 1).to(torch::kLong);
    const torch::Tensor table = torch::tensor(alphas_cumprod_, torch::kDouble).to(u.device());
    const torch::Tensor alpha_bar = table.index_select(0, index);
    batch.alpha = alpha_bar.sqrt().to(torch::kFloat);
    batch.sigma = (1 - alpha_bar).sqrt().to(torch::kFloat);
    batch.time = index.to(torch::kFloat);
  }
  batch.x_t = add_noise(x0, noise, batch.alpha, batch.sigma);
  batch.target = diffusion::target(parameterization_, x0, noise, batch.alpha, batch.sigma);
  return batch;
}

Denoiser NoiseModel::denoiser(Network network) const {
  return [model = *this, network = std::move(network)](const torch::Tensor& x, double sigma) {
    const Level level = model.level(sigma);
    const torch::Tensor x_network = level.input_scale == 1 ? x : x * level.input_scale;
    const torch::Tensor time =
        torch::full({x.size(0)}, level.time, x.options().dtype(torch::kFloat));
    return to_x0(
        model.parameterization_, network(x_network, time), x_network, level.alpha, level.sigma);
  };
}

}  // namespace lienzo::diffusion
