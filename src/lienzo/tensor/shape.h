#pragma once

#include <torch/types.h>

#include <string>
#include <string_view>

namespace lienzo::tensor {

/// "(1, 3, 64, 64)"; -1 is written "*".
std::string shape_text(c10::IntArrayRef shape);

/// Throws kInvalidInput unless `x` is defined, has as many axes as `expected`, and agrees on each;
/// -1 in `expected` accepts any length. `where` names the door: "[unet.x] shape, got (1, 3),
/// expected (1, *, 8)".
void check_shape(const torch::Tensor& x, c10::IntArrayRef expected, std::string_view where);

}  // namespace lienzo::tensor
