#include "lienzo/nn/norm_conv2d.h"

#include <torch/types.h>

#include <algorithm>
#include <cstring>

#include "lienzo/nn/kernel_tensor.h"

namespace lienzo::nn {
namespace {

constexpr int64_t kLarge = int64_t{16} << 20;  // bytes of a picture that are not kept whole
constexpr int64_t kStrip = int64_t{6} << 20;   // bytes of the rows that are normed together

int64_t picture_bytes(const torch::Tensor& x) {
  return x.size(1) * x.size(2) * x.size(3) * static_cast<int64_t>(x.element_size());
}

// Row `row` of the picture in x (1, C, H, W), channels-last.
char* row_of(const torch::Tensor& x, int64_t row) {
  return static_cast<char*>(x.data_ptr()) +
         row * x.size(1) * x.size(3) * static_cast<int64_t>(x.element_size());
}

torch::Tensor rows_of(const torch::Tensor& x, int64_t picture, int64_t first, int64_t last) {
  return x.narrow(0, picture, 1).narrow(2, first, last - first);
}

}  // namespace

bool wants_strips(const torch::Tensor& x, const Conv2dImpl& conv) {
  const Conv2dOptions& o = conv.options();
  return conv.prepared() && o.kernel == 3 && o.stride == 1 && o.padding == 1 && has_kernel(x) &&
         !wants_gradient(x) && picture_bytes(x) > kLarge;
}

torch::Tensor norm_conv2d_in_strips(const torch::Tensor& x_in,
                                    GroupNormImpl& norm,
                                    Conv2dImpl& conv,
                                    const torch::Tensor& add,
                                    bool in_place,
                                    const RowsDone& done) {
  const torch::Tensor x = x_in.contiguous(torch::MemoryFormat::ChannelsLast);
  const int64_t height = x.size(2), width = x.size(3);
  const MeasuredGroupNorm measured = norm.measure(x, add);
  torch::Tensor y = in_place ? x
                             : torch::empty({x.size(0), conv.options().out, height, width},
                                            x.options(),
                                            torch::MemoryFormat::ChannelsLast);
  const int64_t row_bytes = picture_bytes(x) / height;
  // An even number, so that every row has the bits that it has in the whole.
  const int64_t strip = std::min(std::max<int64_t>(kStrip / row_bytes / 2 * 2, 2), height);
  const torch::Tensor buffer = torch::empty({1, x.size(1), std::min(strip + 2, height), width},
                                            x.options(),
                                            torch::MemoryFormat::ChannelsLast);
  for (int64_t picture = 0; picture < x.size(0); ++picture) {
    int64_t from = 0, until = 0;  // the rows whose norm lies in the buffer
    for (int64_t first = 0; first < height; first += strip) {
      const int64_t last = std::min(first + strip, height);
      // The convolution looks at one row more on either side. Of the strip before, two rows are
      // there already, and x may not be any more.
      const int64_t need = std::max<int64_t>(first - 1, 0), end = std::min(last + 1, height);
      if (need > 0) {
        std::memmove(row_of(buffer, 0),
                     row_of(buffer, need - from),
                     static_cast<size_t>((until - need) * row_bytes));
      }
      const int64_t known = first == 0 ? 0 : until - need;
      from = need;
      if (from + known < end) {
        torch::Tensor target = rows_of(buffer, 0, known, end - from);
        measured.apply(picture, from + known, end, /*silu=*/true, target);
      }
      until = end;
      torch::Tensor rows = rows_of(y, picture, first, last);
      conv.prepared()->forward_rows(
          rows_of(buffer, 0, 0, end - from), first == 0, last == height, rows);
      if (done) done(picture, first, rows);
    }
  }
  return y;
}

torch::Tensor norm_conv2d(const torch::Tensor& x, GroupNormImpl& norm, Conv2dImpl& conv) {
  if (wants_strips(x, conv)) return norm_conv2d_in_strips(x, norm, conv, {}, /*in_place=*/false);
  return conv.forward(norm.forward(x, /*silu=*/true));
}

}  // namespace lienzo::nn
