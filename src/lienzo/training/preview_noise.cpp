#include "lienzo/training/preview_noise.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/diffusion/parameterization.h"
#include "lienzo/diffusion/samplers/euler.h"
#include "lienzo/diffusion/schedules.h"
#include "lienzo/image/grid.h"
#include "lienzo/image/resize.h"
#include "lienzo/tensor/image_tensor.h"
#include "lienzo/tensor/noise.h"

namespace lienzo::training {
namespace {

constexpr int kLongestSide = 160;

image::Image shown(const image::Image& picture) {
  const int longest = std::max(picture.width, picture.height);
  if (longest <= kLongestSide) return picture;
  const auto scaled = [&](int side) { return std::max(1, side * kLongestSide / longest); };
  return image::resize(picture, scaled(picture.width), scaled(picture.height));
}

}  // namespace

image::Image preview_noise(const image::Image& picture, int columns, uint64_t seed) {
  if (picture.width < 1 || picture.height < 1) {
    throw Error(ErrorKind::kInvalidInput, "[preview-noise] the picture is empty");
  }
  if (columns < 2 || columns > 32) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[preview-noise] {} columns, expected 2 to 32", columns));
  }
  torch::NoGradGuard no_grad;
  torch::Tensor x0 = tensor::to_tensor(shown(picture));  // (1, 3, H, W)
  tensor::NoiseSource source({seed});
  const torch::Tensor noise = source.normal_like(x0);

  std::vector<image::Image> cells;
  std::vector<std::string> labels;
  for (int i = 0; i < columns; ++i) {
    const double t = static_cast<double>(i) / (columns - 1);
    cells.push_back(tensor::to_image(diffusion::add_noise(x0, noise, 1 - t, t)));
    labels.push_back(fmt::format("t = {:.2f}", t));
  }
  std::vector<image::Image> back = {tensor::to_image(noise)};
  const diffusion::StepCallback keep = [&](const diffusion::StepInfo& info) {
    back.push_back(tensor::to_image(info.x));
    return true;
  };
  const std::vector<double> times = diffusion::flow_sigmas(columns - 1);
  diffusion::sample_euler([&](const torch::Tensor&, double) { return x0; },
                          noise,
                          times,
                          {.path = diffusion::NoisePath::kRectifiedFlow},
                          source,
                          keep);
  for (size_t i = back.size(); i-- > 0;) {
    cells.push_back(std::move(back[i]));
    labels.push_back(i == 0 ? "start" : fmt::format("step {}", i));
  }
  return image::labelled_grid(cells, labels, columns);
}

}  // namespace lienzo::training
