#include "lienzo/models/scene_encoder.h"

#include "lienzo/nn/layers.h"

namespace lienzo::models {

SceneEncoderImpl::SceneEncoderImpl(const SceneEncoderConfig& config) : config_(config) { reset(); }

void SceneEncoderImpl::reset() {
  const int64_t place_width = 4 * (1 + 2 * config_.octaves);
  place_ = register_module("place", torch::nn::Linear(place_width, config_.hidden));
  attribute_scale_ =
      register_module("attribute_scale", torch::nn::Linear(config_.attributes, config_.hidden));
  attribute_shift_ =
      register_module("attribute_shift", torch::nn::Linear(config_.attributes, config_.hidden));
  hidden_ = register_module("hidden", torch::nn::Linear(config_.hidden, config_.hidden));
  out_ = register_module("out", torch::nn::Linear(config_.hidden, config_.channels + 1));
}

torch::Tensor SceneEncoderImpl::forward(const tensor::LayeredMap& map) {
  const int64_t channels = config_.channels + 1;
  const auto options = torch::TensorOptions().dtype(torch::kFloat).device(map.backdrop.device());
  torch::Tensor grid =
      torch::zeros({map.batch * map.resolution * map.resolution, channels}, options);
  if (map.pixels.size(0) > 0) {
    const torch::Tensor scale =
        attribute_scale_(map.attributes).index_select(0, map.thing);  // (M, hidden)
    const torch::Tensor shift = attribute_shift_(map.attributes).index_select(0, map.thing);
    torch::Tensor h = place_(nn::fourier_features(map.local, config_.octaves));  // (M, hidden)
    h = torch::relu(h * (1 + scale) + shift);
    h = torch::relu(hidden_(h));
    const torch::Tensor painted = out_(h).to(torch::kFloat);  // (M, C + 1)
    const torch::Tensor opacity = torch::sigmoid(painted.narrow(1, config_.channels, 1));
    // Coverage is the feature "one" of every object.
    const torch::Tensor features =
        torch::cat({painted.narrow(1, 0, config_.channels), torch::ones_like(opacity)}, 1);

    torch::Tensor canvas = torch::zeros({map.pixels.size(0), channels}, options);
    int64_t start = 0;
    for (const int64_t size : map.level_sizes) {
      const torch::Tensor below = canvas.narrow(0, 0, size);
      const torch::Tensor mixed =
          below + opacity.narrow(0, start, size) * (features.narrow(0, start, size) - below);
      canvas = size == canvas.size(0)
                   ? mixed
                   : torch::cat({mixed, canvas.narrow(0, size, canvas.size(0) - size)}, 0);
      start += size;
    }
    grid = grid.index_copy(0, map.pixels, canvas);
  }
  return grid.view({map.batch, map.resolution, map.resolution, channels}).permute({0, 3, 1, 2});
}

}  // namespace lienzo::models
