#include "lienzo/nn/rms_norm.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/types.h>

#include <vector>

#include "lienzo/nn/kernel_tensor.h"
#include "lienzo/nn/norm_kernel.h"
#include "lienzo/nn/parallel.h"

namespace lienzo::nn {
namespace {

const uint16_t* half_words(const torch::Tensor& x) {
  return reinterpret_cast<const uint16_t*>(x.data_ptr<at::BFloat16>());
}
uint16_t* half_words(torch::Tensor& x) {
  return reinterpret_cast<uint16_t*>(x.data_ptr<at::BFloat16>());
}

// Calls one(picture, rows of it); x (B, ..., C) contiguous. One picture is one thread's work, so
// the result does not depend on the number of threads.
template <typename One>
void for_pictures(const torch::Tensor& x,
                  const torch::Tensor& scale,
                  const torch::Tensor& shift,
                  bool silu,
                  One&& one) {
  const int64_t channels = x.size(-1), pictures = x.size(0);
  if (x.numel() == 0) return;
  const int64_t rows = x.numel() / channels / pictures;
  parallel_for(pictures, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      one(b * rows * channels,
          b * channels,
          NormRows{.rows = rows,
                   .channels = channels,
                   .scale = scale.numel() > 0 ? scale.data_ptr<float>() + b * channels : nullptr,
                   .shift = shift.numel() > 0 ? shift.data_ptr<float>() + b * channels : nullptr,
                   .silu = silu});
    }
  });
}

// x (B, ..., C) contiguous; scale, shift (B, C) fp32 contiguous or both empty (libtorch's functions
// take no undefined tensors).
class NormFunction : public torch::autograd::Function<NormFunction> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context,
                               const torch::Tensor& x,
                               const torch::Tensor& scale,
                               const torch::Tensor& shift,
                               bool silu) {
    context->save_for_backward({x, scale, shift});
    context->saved_data["silu"] = silu;
    torch::Tensor y = torch::empty_like(x);
    const bool half = x.scalar_type() == torch::kBFloat16;
    for_pictures(x, scale, shift, silu, [&](int64_t at, int64_t, const NormRows& rows) {
      half ? norm_forward(rows, half_words(x) + at, half_words(y) + at)
           : norm_forward(rows, x.data_ptr<float>() + at, y.data_ptr<float>() + at);
    });
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const torch::Tensor &x = saved[0], &scale = saved[1], &shift = saved[2];
    const torch::Tensor dy = gradients[0].to(x.scalar_type()).contiguous();
    torch::Tensor dx = torch::empty_like(x), dscale, dshift;
    if (scale.numel() > 0) {
      dscale = torch::zeros_like(scale);
      dshift = torch::zeros_like(shift);
    }
    const bool half = x.scalar_type() == torch::kBFloat16;
    for_pictures(
        x,
        scale,
        shift,
        context->saved_data["silu"].toBool(),
        [&](int64_t at, int64_t channel, const NormRows& rows) {
          std::vector<float> scratch(static_cast<size_t>(2 * rows.channels));
          float* to_scale = dscale.defined() ? dscale.data_ptr<float>() + channel : nullptr;
          float* to_shift = dshift.defined() ? dshift.data_ptr<float>() + channel : nullptr;
          half ? norm_backward(rows,
                               half_words(x) + at,
                               half_words(dy) + at,
                               half_words(dx) + at,
                               to_scale,
                               to_shift,
                               scratch.data())
               : norm_backward(rows,
                               x.data_ptr<float>() + at,
                               dy.data_ptr<float>() + at,
                               dx.data_ptr<float>() + at,
                               to_scale,
                               to_shift,
                               scratch.data());
        });
    return {dx, dscale, dshift, torch::Tensor()};
  }
};

torch::Tensor normalise(const torch::Tensor& x,
                        const torch::Tensor& scale,
                        const torch::Tensor& shift,
                        bool silu) {
  const auto rows_of = [&](const torch::Tensor& t) {
    return t.defined() ? t.to(torch::kFloat).contiguous() : torch::empty({0});
  };
  return NormFunction::apply(x, rows_of(scale), rows_of(shift), silu);
}

torch::Tensor channels_last_rows(const torch::Tensor& x) {
  return x.permute({0, 2, 3, 1}).contiguous();  // no copy where x is channels-last
}

}  // namespace

torch::Tensor rms_norm_plain(const torch::Tensor& x, int64_t dim) {
  const torch::Tensor wide = x.to(torch::kFloat);
  return (wide * torch::rsqrt(wide.square().mean(dim, /*keepdim=*/true) + 1e-6))
      .to(x.scalar_type());
}

torch::Tensor rms_norm_silu_plain(const torch::Tensor& x,
                                  const torch::Tensor& scale,
                                  const torch::Tensor& shift) {
  torch::Tensor h = rms_norm_plain(x, 1);
  if (scale.defined())
    h = h * (1 + scale.unsqueeze(2).unsqueeze(3)) + shift.unsqueeze(2).unsqueeze(3);
  return torch::silu(h);
}

torch::Tensor rms_norm(const torch::Tensor& x, int64_t dim) {
  if (!has_kernel(x)) return rms_norm_plain(x, dim);
  if (dim == 1 && x.dim() == 4)
    return normalise(channels_last_rows(x), {}, {}, /*silu=*/false).permute({0, 3, 1, 2});
  return normalise(x.contiguous(), {}, {}, /*silu=*/false);
}

torch::Tensor rms_norm_silu(const torch::Tensor& x,
                            const torch::Tensor& scale,
                            const torch::Tensor& shift) {
  if (!has_kernel(x)) return rms_norm_silu_plain(x, scale, shift);
  return normalise(channels_last_rows(x), scale, shift, /*silu=*/true).permute({0, 3, 1, 2});
}

}  // namespace lienzo::nn
