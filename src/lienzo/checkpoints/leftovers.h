#pragma once

#include <string_view>

namespace lienzo::checkpoints {

/// Whether published files hold a tensor of this name that no network reads: buffers of training
/// (noise schedule, averages of the weights, loss), position numbers, the half of CLIP that looks
/// at pictures. The list in the source is complete; every other tensor must find its place.
bool is_leftover(std::string_view name);

}  // namespace lienzo::checkpoints
