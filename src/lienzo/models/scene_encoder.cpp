#include "lienzo/models/scene_encoder.h"

#include <algorithm>

#include "lienzo/nn/layers.h"
#include "lienzo/nn/parallel.h"

namespace lienzo::models {

SceneEncoderImpl::SceneEncoderImpl(const SceneEncoderConfig& config) : config_(config) { reset(); }

void SceneEncoderImpl::reset() {
  const int64_t place_width = 4 * (1 + 2 * config_.octaves);
  describe_in_ =
      register_module("describe_in", torch::nn::Linear(config_.attributes, config_.hidden));
  describe_out_ = register_module(
      "describe_out", torch::nn::Linear(config_.hidden, 2 * config_.layers * config_.hidden));
  layers_ = register_module("layers", torch::nn::ModuleList());
  for (int64_t i = 0; i < config_.layers; ++i) {
    layers_->push_back(torch::nn::Linear(i == 0 ? place_width : config_.hidden, config_.hidden));
  }
  out_ = register_module("out", torch::nn::Linear(config_.hidden, config_.channels + 1));
}

torch::Tensor SceneEncoderImpl::paint_part(const torch::Tensor& local,
                                           const torch::Tensor& thing,
                                           const std::vector<torch::Tensor>& scale_shift) {
  torch::Tensor h = nn::fourier_features(local, config_.octaves);
  for (size_t i = 0; i < static_cast<size_t>(config_.layers); ++i) {
    const torch::Tensor scale = (1 + scale_shift[2 * i]).index_select(0, thing);
    const torch::Tensor shift = scale_shift[2 * i + 1].index_select(0, thing);
    h = layers_[i]->as<torch::nn::LinearImpl>()->forward(h);
    h = torch::relu(torch::addcmul(shift, h, scale));  // (M, hidden)
  }
  torch::Tensor painted = out_(h).to(torch::kFloat);
  const torch::Tensor opacity = torch::sigmoid(painted.narrow(1, config_.channels, 1));
  return torch::cat({painted.narrow(1, 0, config_.channels), opacity}, 1);
}

torch::Tensor SceneEncoderImpl::paint(const tensor::LayeredMap& map) {
  const std::vector<torch::Tensor> scale_shift =
      describe_out_(torch::silu(describe_in_(map.attributes)))  // (N, 2 layers hidden)
          .chunk(2 * config_.layers, 1);
  if (at::GradMode::is_enabled() || !map.local.is_cpu())
    return paint_part(map.local, map.thing, scale_shift);
  // Parts that a core's cache holds, the same for any number of threads, each by one thread.
  constexpr int64_t kRows = 1024;
  const int64_t rows = map.local.size(0);
  torch::Tensor painted = torch::empty({rows, config_.channels + 1}, torch::kFloat);
  nn::parallel_for((rows + kRows - 1) / kRows, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad;
    for (int64_t first = begin * kRows; first < std::min(end * kRows, rows); first += kRows) {
      const int64_t length = std::min(kRows, rows - first);
      painted.narrow(0, first, length)
          .copy_(paint_part(
              map.local.narrow(0, first, length), map.thing.narrow(0, first, length), scale_shift));
    }
  });
  return painted;
}

torch::Tensor SceneEncoderImpl::forward(const tensor::LayeredMap& map) {
  const int64_t channels = config_.channels + 1;
  const auto options = torch::TensorOptions().dtype(torch::kFloat).device(map.backdrop.device());
  torch::Tensor grid =
      torch::zeros({map.batch * map.resolution * map.resolution, channels}, options);
  if (map.pixels.size(0) > 0) {
    const torch::Tensor painted = paint(map);
    const torch::Tensor opacity = painted.narrow(1, config_.channels, 1);
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
