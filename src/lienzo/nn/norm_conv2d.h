#pragma once

#include <torch/types.h>

#include <functional>

#include "lienzo/nn/conv2d.h"
#include "lienzo/nn/group_norm.h"

namespace lienzo::nn {

/// Called with rows of the result as soon as they are there: picture, first row, and the rows
/// (1, out, n, W), which may be changed.
using RowsDone = std::function<void(int64_t picture, int64_t first, torch::Tensor& rows)>;

/// Whether norm_conv2d_in_strips() can do x (B, C, H, W) and is worth it: a prepared 3x3
/// convolution of stride 1, no gradient, and pictures that no cache holds.
bool wants_strips(const torch::Tensor& x, const Conv2dImpl& conv);

/// conv(silu(norm(x + add))) as GroupNorm and Conv2d have it, a few rows after the other: the norm
/// of a whole picture is never in memory, and the convolution finds its rows in the cache. Where
/// `in_place`, the result takes the memory of x (as many channels out as in).
/// The numbers are those of the layers one after the other.
torch::Tensor norm_conv2d_in_strips(const torch::Tensor& x,
                                    GroupNormImpl& norm,
                                    Conv2dImpl& conv,
                                    const torch::Tensor& add,
                                    bool in_place,
                                    const RowsDone& done = {});

/// conv(silu(norm(x))), in strips where they are wanted.
torch::Tensor norm_conv2d(const torch::Tensor& x, GroupNormImpl& norm, Conv2dImpl& conv);

}  // namespace lienzo::nn
