#include "lienzo/nn/layers.h"

#include <cmath>
#include <numbers>

namespace lienzo::nn {

torch::nn::Conv2d conv3x3(int64_t in_channels, int64_t out_channels) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in_channels, out_channels, 3).padding(1));
}

torch::nn::Conv2d conv1x1(int64_t in_channels, int64_t out_channels) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in_channels, out_channels, 1));
}

torch::nn::Conv2d zeroed(torch::nn::Conv2d layer) {
  torch::NoGradGuard no_grad;
  layer->weight.zero_();
  layer->bias.zero_();
  return layer;
}

torch::nn::Linear zeroed(torch::nn::Linear layer) {
  torch::NoGradGuard no_grad;
  layer->weight.zero_();
  if (layer->bias.defined()) layer->bias.zero_();
  return layer;
}

torch::Tensor sinusoidal_embedding(const torch::Tensor& values, int64_t width, double scale) {
  const int64_t half = width / 2;
  const auto options = torch::TensorOptions().dtype(torch::kFloat).device(values.device());
  const torch::Tensor frequencies =
      torch::exp(torch::arange(half, options) * -std::log(10000.0) / static_cast<double>(half));
  const torch::Tensor angles =
      values.to(torch::kFloat).unsqueeze(1) * scale * frequencies.unsqueeze(0);  // (B, width / 2)
  return torch::cat({torch::cos(angles), torch::sin(angles)}, 1);                // (B, width)
}

torch::Tensor fourier_features(const torch::Tensor& coordinates, int64_t octaves) {
  std::vector<torch::Tensor> parts = {coordinates};
  for (int64_t i = 0; i < octaves; ++i) {
    const torch::Tensor angles =
        coordinates * (std::numbers::pi * std::exp2(static_cast<double>(i)));
    parts.push_back(torch::sin(angles));
    parts.push_back(torch::cos(angles));
  }
  return torch::cat(parts, 1);
}

torch::Tensor fold_pixels(const torch::Tensor& x, int64_t patch) {
  const int64_t b = x.size(0), c = x.size(1), h = x.size(2) / patch, w = x.size(3) / patch;
  return x.permute({0, 2, 3, 1})
      .reshape({b, h, patch, w, patch, c})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({b, h, w, patch * patch * c})
      .permute({0, 3, 1, 2});
}

torch::Tensor unfold_pixels(const torch::Tensor& x, int64_t patch) {
  const int64_t b = x.size(0), c = x.size(1) / (patch * patch), h = x.size(2), w = x.size(3);
  return x.permute({0, 2, 3, 1})
      .reshape({b, h, w, patch, patch, c})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({b, h * patch, w * patch, c})
      .permute({0, 3, 1, 2});
}

torch::Tensor position_channels(int64_t height,
                                int64_t width,
                                int64_t octaves,
                                const torch::TensorOptions& options) {
  const auto axis = [&](int64_t n) {
    return (torch::arange(n, options) * 2 + 1) / static_cast<double>(n) - 1;
  };
  const torch::Tensor y = axis(height).view({height, 1}).expand({height, width}).reshape({-1, 1});
  const torch::Tensor x = axis(width).view({1, width}).expand({height, width}).reshape({-1, 1});
  const torch::Tensor features =
      fourier_features(torch::cat({x, y}, 1), octaves);  // (H W, 2 + 4 octaves)
  return features.view({1, height, width, -1}).permute({0, 3, 1, 2});
}

}  // namespace lienzo::nn
