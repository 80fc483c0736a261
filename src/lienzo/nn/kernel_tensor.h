#pragma once

#include <torch/types.h>

#include <type_traits>

namespace lienzo::nn {

/// Whether the kernels of this folder read x: fp32 or bf16 on the CPU.
inline bool has_kernel(const torch::Tensor& x) {
  return x.is_cpu() && (x.scalar_type() == torch::kFloat || x.scalar_type() == torch::kBFloat16);
}

/// Whether autograd follows what is computed from x; undefined tensors are passed over.
inline bool wants_gradient(const torch::Tensor& x) {
  return at::GradMode::is_enabled() && x.defined() && x.requires_grad();
}

/// The numbers of a contiguous x as the kernels see them: float, or uint16_t for bfloat16.
template <typename T>
T* numbers(const torch::Tensor& x) {
  if constexpr (std::is_same_v<T, float>)
    return x.data_ptr<float>();
  else
    return reinterpret_cast<T*>(x.data_ptr<at::BFloat16>());
}

/// Calls f with a number of the kind that x has for the kernels.
template <typename F>
void with_number_of(const torch::Tensor& x, F&& f) {
  x.scalar_type() == torch::kBFloat16 ? f(uint16_t{}) : f(float{});
}

}  // namespace lienzo::nn
