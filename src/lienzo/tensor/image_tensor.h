#pragma once

#include <torch/types.h>

#include <span>
#include <vector>

#include "lienzo/image/image.h"

namespace lienzo::tensor {

/// A picture as the networks see it: (1, 3, H, W), fp32, 0 -> -1 and 255 -> 1. Grey is repeated in
/// the three channels; a transparent picture is laid on white. Throws kInvalidInput for an empty
/// picture.
torch::Tensor to_tensor(const image::Image& picture);

/// The same for a batch of equal sizes: (B, 3, H, W). Throws kInvalidInput when sizes differ or
/// there is none.
torch::Tensor to_tensor(std::span<const image::Image> pictures);

/// The picture in `x`, (3, H, W), (1, 3, H, W) or the same with one channel (grey): any floating
/// type and device, clamped to [-1, 1], rounded to the nearest of 256 levels; not-a-number becomes
/// black. Throws kInvalidInput for another shape. to_image(to_tensor(p)) == p for an RGB picture.
image::Image to_image(const torch::Tensor& x);

/// The pictures in `x` (B, 3 or 1, H, W).
std::vector<image::Image> to_images(const torch::Tensor& x);

}  // namespace lienzo::tensor
