#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <vector>

#include "lienzo/datasets/world/layout.h"
#include "lienzo/datasets/world/scene_map.h"

namespace lienzo::models {

/// Fills all parameters with normal numbers: fresh networks answer zero, which would hide mistakes.
inline void randomize(torch::nn::Module& module, uint64_t seed, double deviation = 0.1) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(seed);
  for (torch::Tensor& parameter : module.parameters()) parameter.normal_(0, deviation);
}

/// `count` scenes of the small world.
inline std::vector<datasets::world::Scene> some_scenes(int count, uint64_t first = 0) {
  std::vector<datasets::world::Scene> scenes;
  for (int i = 0; i < count; ++i) {
    scenes.push_back(datasets::world::sample_example(
                         1, first + static_cast<uint64_t>(i), datasets::world::Split::kAll)
                         .scene);
  }
  return scenes;
}

/// Names of the parameters that `loss` does not depend on.
inline std::vector<std::string> untouched(torch::nn::Module& module, const torch::Tensor& loss) {
  for (torch::Tensor& parameter : module.parameters()) parameter.mutable_grad() = torch::Tensor();
  loss.backward();
  std::vector<std::string> names;
  for (const auto& item : module.named_parameters()) {
    const torch::Tensor& gradient = item.value().grad();
    if (!gradient.defined() || gradient.abs().max().item<double>() == 0)
      names.push_back(item.key());
  }
  return names;
}

}  // namespace lienzo::models
