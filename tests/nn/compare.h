#pragma once

#include <ATen/Parallel.h>
#include <torch/types.h>

namespace lienzo::nn {

/// The largest difference between two tensors, as a share of the largest number of the second.
inline double error_of(const torch::Tensor& got, const torch::Tensor& wanted) {
  const torch::Tensor reference = wanted.to(torch::kDouble);
  return ((got.to(torch::kDouble) - reference).abs().max() / reference.abs().max().clamp_min(1e-9))
      .item<double>();
}

/// f() computed with `threads` threads.
template <typename F>
torch::Tensor with_threads(int threads, F&& f) {
  const int before = at::get_num_threads();
  at::set_num_threads(threads);
  const torch::Tensor result = f();
  at::set_num_threads(before);
  return result;
}

/// Whether a layer keeps its weights in a form of its own once prepared, which depends on the build
/// and the processor.
template <typename Layer>
bool is_prepared(const Layer& layer) {
  return layer->weight.numel() == 0;
}

/// Rounding once to bf16 is half a unit in its eighth bit.
constexpr double kBfloatRounding = 1.0 / 256;

}  // namespace lienzo::nn
