#include "lienzo/nn/activations.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/nn/activation_kernel.h"
#include "lienzo/nn/kernel_tensor.h"
#include "lienzo/nn/parallel.h"
#include "lienzo/tensor/shape.h"

namespace lienzo::nn {
namespace {

bool takes_kernel(const torch::Tensor& x) { return has_kernel(x) && !wants_gradient(x); }

torch::Tensor activated(const torch::Tensor& x, Activation f) {
  constexpr int64_t kPart = 4096;  // numbers
  // The order of the numbers does not matter as long as x and y agree on it.
  const torch::Tensor in = x.is_non_overlapping_and_dense() ? x : x.contiguous();
  torch::Tensor y = torch::empty_like(in);
  with_number_of(x, [&](auto number) {
    using T = decltype(number);
    const int64_t count = x.numel();
    parallel_for((count + kPart - 1) / kPart, [&](int64_t begin, int64_t end) {
      const int64_t first = begin * kPart;
      activate(
          numbers<T>(in) + first, std::min(end * kPart, count) - first, f, numbers<T>(y) + first);
    });
  });
  return y;
}

}  // namespace

torch::Tensor silu_plain(const torch::Tensor& x) { return torch::silu(x); }

torch::Tensor quick_gelu_plain(const torch::Tensor& x) { return x * torch::sigmoid(1.702 * x); }

torch::Tensor gelu_plain(const torch::Tensor& x) { return at::gelu(x); }

torch::Tensor geglu_plain(const torch::Tensor& x) {
  const auto halves = x.chunk(2, -1);
  return halves[0] * gelu_plain(halves[1]);
}

torch::Tensor silu(const torch::Tensor& x) {
  return takes_kernel(x) ? activated(x, Activation::kSilu) : silu_plain(x);
}

torch::Tensor quick_gelu(const torch::Tensor& x) {
  return takes_kernel(x) ? activated(x, Activation::kQuickGelu) : quick_gelu_plain(x);
}

torch::Tensor gelu(const torch::Tensor& x) {
  return takes_kernel(x) ? activated(x, Activation::kGelu) : gelu_plain(x);
}

torch::Tensor geglu(const torch::Tensor& x) {
  if (x.dim() == 0 || x.size(-1) % 2 != 0) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[geglu] shape {}, expected a last axis of even length",
                            tensor::shape_text(x.sizes())));
  }
  if (!takes_kernel(x)) return geglu_plain(x);
  std::vector<int64_t> shape = x.sizes().vec();
  const int64_t width = shape.back() / 2;
  shape.back() = width;
  torch::Tensor y = torch::empty(shape, x.options());
  if (y.numel() == 0) return y;
  const torch::Tensor rows = x.contiguous();
  with_number_of(x, [&](auto number) {
    using T = decltype(number);
    parallel_for(y.numel() / width, [&](int64_t begin, int64_t end) {
      geglu_rows(
          numbers<T>(rows) + begin * 2 * width, end - begin, width, numbers<T>(y) + begin * width);
    });
  });
  return y;
}

}  // namespace lienzo::nn
