#include "lienzo/training/tasks/decoder_drawings.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <vector>

#include "lienzo/diffusion/noise_model.h"
#include "lienzo/diffusion/samplers/euler.h"
#include "lienzo/tensor/noise.h"
#include "lienzo/weights/load_module.h"

namespace lienzo::training {

DecoderDrawings::DecoderDrawings(const std::filesystem::path& decoder)
    : decoder_(weights::load_module<models::Denoiser, models::DenoiserConfig>(decoder)) {}

torch::Tensor DecoderDrawings::draw(const tensor::LayeredMap& map,
                                    const torch::Tensor& truth,
                                    const torch::Tensor& noise,
                                    double from,
                                    int steps) {
  torch::NoGradGuard no_grad;
  if (const torch::Device device = truth.device();
      decoder_->parameters().front().device() != device)
    decoder_->to(device);
  const models::Conditioning conditioning{.scene = &map,
                                          .scene_features = decoder_->encode_scene(map)};
  const auto network = [&](const torch::Tensor& x, const torch::Tensor& time) {
    return decoder_(x, time, conditioning);
  };
  std::vector<double> sigmas;
  for (int step = 0; step <= steps; ++step) sigmas.push_back(from * (steps - step) / steps);
  const auto model = diffusion::NoiseModel::rectified_flow(1.0, diffusion::Parameterization::kEdm);
  tensor::NoiseSource unused({0});  // Euler without churn draws no noise
  return diffusion::sample_euler(model.denoiser(network),
                                 truth * (1 - from) + noise * from,
                                 sigmas,
                                 {.path = diffusion::NoisePath::kRectifiedFlow},
                                 unused)
      .to(torch::kFloat)
      .clamp(-1, 1);
}

}  // namespace lienzo::training
