#include "lienzo/nn/upsample_conv2d.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/nn/layer_in_place.h"
#include "lienzo/nn/skip_init.h"
#include "lienzo/nn/upsample.h"
#include "lienzo/tensor/shape.h"

namespace lienzo::nn {
namespace {

// Along one axis, weights (a, b, c) over the doubled pixels become (a, b + c) over the small pixel
// before and this one for the first of its two large pixels, (a + b, c) over this one and the next
// for the second.
torch::Tensor fold(const torch::Tensor& weight, int64_t axis, int64_t phase) {
  const auto part = [&](int64_t from, int64_t count) { return weight.narrow(axis, from, count); };
  return phase == 0 ? torch::cat({part(0, 1), part(1, 1) + part(2, 1)}, axis)
                    : torch::cat({part(0, 1) + part(1, 1), part(2, 1)}, axis);
}

// The inverse of fold: `first` and `second` are the weights of the two phases.
torch::Tensor unfold(const torch::Tensor& first, const torch::Tensor& second, int64_t axis) {
  const torch::Tensor a = first.narrow(axis, 0, 1), c = second.narrow(axis, 1, 1);
  return torch::cat({a, first.narrow(axis, 1, 1) - c, c}, axis);
}

}  // namespace

UpsampleConv2dImpl::UpsampleConv2dImpl(int64_t in, int64_t out)
    : weight(register_parameter("weight", torch::empty({out, in, 3, 3}))),
      bias(register_parameter("bias", torch::empty({out}))) {
  out_ = out;
  start_parameters(weight, bias);
}

torch::Tensor UpsampleConv2dImpl::forward(const torch::Tensor& x) {
  tensor::check_shape(x, {-1, -1, -1, -1}, "upsample_conv2d.x");
  return forward_cut(x, 2 * x.size(2), 2 * x.size(3));
}

torch::Tensor UpsampleConv2dImpl::forward_cut(const torch::Tensor& x,
                                              int64_t height,
                                              int64_t width) {
  tensor::check_shape(x, {-1, -1, -1, -1}, "upsample_conv2d.x");
  const int64_t whole_height = 2 * x.size(2), whole_width = 2 * x.size(3);
  const bool cut = height != whole_height || width != whole_width;
  if (height > whole_height || height < whole_height - 1 || width > whole_width ||
      width < whole_width - 1) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[upsample_conv2d] {} x {} pixels wanted of {} x {}, expected all or "
                            "one less",
                            width,
                            height,
                            whole_width,
                            whole_height));
  }
  const bool prepared = doubling_ || phases_[0];
  if (!prepared || cut) {
    const torch::Tensor doubled =
        upsample_twice(x).slice(2, 0, height).slice(3, 0, width);  // (B, in, height, width)
    return prepared ? whole().forward(doubled) : torch::conv2d(doubled, weight, bias, 1, 1);
  }
  if (doubling_) return doubling_->forward(x);
  const torch::Tensor small = x.contiguous(torch::MemoryFormat::ChannelsLast);
  torch::Tensor y = torch::empty(
      {x.size(0), out_, height, width}, x.options(), torch::MemoryFormat::ChannelsLast);
  if (x.numel() == 0) return y;
  constexpr int64_t kStrip = int64_t{2} << 20;  // bytes of one phase
  const int64_t row_bytes = x.size(3) * out_ * static_cast<int64_t>(y.element_size());
  const int64_t strip = std::max<int64_t>(kStrip / row_bytes, 1);
  if (strip >= x.size(2)) {
    double_in_strips(small, y, x.size(2));
    return y;
  }
  for (int64_t picture = 0; picture < x.size(0); ++picture)
    double_in_strips(small.narrow(0, picture, 1), y.narrow(0, picture, 1), strip);
  return y;
}

void UpsampleConv2dImpl::double_in_strips(const torch::Tensor& x,
                                          const torch::Tensor& y,
                                          int64_t strip) {
  const int64_t height = x.size(2), width = x.size(3);
  for (int64_t first = 0; first < height; first += strip) {
    const int64_t last = std::min(first + strip, height);
    const torch::Tensor part = torch::empty(
        {x.size(0), out_, last - first, width}, y.options(), torch::MemoryFormat::ChannelsLast);
    for (int64_t phase = 0; phase < 4; ++phase) {
      const int64_t row = phase / 2, column = phase % 2;
      // The upper phases look at the row above, the lower ones at the row below.
      const int64_t from = row == 0 ? std::max<int64_t>(first - 1, 0) : first;
      const int64_t until = row == 0 ? last : std::min(last + 1, height);
      phases_[static_cast<size_t>(phase)]->forward_rows(
          x.narrow(2, from, until - from), first == 0, last == height, part);
      y.slice(2, 2 * first + row, 2 * last, 2).slice(3, column, 2 * width, 2).copy_(part);
    }
  }
}

void UpsampleConv2dImpl::prepare(torch::ScalarType dtype) {
  const PreparedLayer* prepared = doubling_ ? doubling_.get() : phases_[0].get();
  if (prepared) return check_prepared_as(*prepared, dtype);
  doubling_ = doubling_convolution_in_place(weight.detach(), bias.detach(), dtype);
  if (doubling_) {
    whole_ =
        convolution_in_place(weight.detach(), bias.detach(), /*stride=*/1, {1, 1, 1, 1}, dtype);
    release(weight);
    release(bias);
    return;
  }
  const torch::Tensor wide = weight.detach().to(torch::kFloat);
  packed_bias_ = bias.detach().to(torch::kFloat);
  for (int64_t phase = 0; phase < 4; ++phase) {
    const int64_t row = phase / 2, column = phase % 2;
    phases_[static_cast<size_t>(phase)] =
        prepare_convolution(fold(fold(wide, 2, row), 3, column),
                            packed_bias_,
                            /*stride=*/1,
                            {.top = 1 - row, .left = 1 - column, .bottom = row, .right = column},
                            dtype);
  }
  if (phases_[0]) {
    release(weight);
    release(bias);
    return;
  }
  weight.set_data(weight.to(dtype).contiguous(torch::MemoryFormat::ChannelsLast));
  bias.set_data(bias.to(dtype));
}

PreparedLayer& UpsampleConv2dImpl::whole() {
  const std::scoped_lock lock(mutex_);
  if (!whole_) {
    const auto row = [&](size_t at) {
      return unfold(phases_[at]->weight(), phases_[at + 1]->weight(), 3);
    };
    whole_ = prepare_convolution(unfold(row(0), row(2), 2),
                                 packed_bias_,
                                 /*stride=*/1,
                                 {1, 1, 1, 1},
                                 phases_[0]->type());
  }
  return *whole_;
}

}  // namespace lienzo::nn
