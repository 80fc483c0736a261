#pragma once

#include <torch/types.h>

namespace lienzo::nn {

/// While one lives, Conv2d and Linear made on this thread leave their parameters uninitialised: a
/// network whose weights come from a file is built in milliseconds, and its memory stays untouched
/// until they arrive. Guards may nest.
class SkipInit {
 public:
  SkipInit();
  ~SkipInit();
  SkipInit(const SkipInit&) = delete;
  SkipInit& operator=(const SkipInit&) = delete;

  /// Whether a guard lives on this thread.
  static bool active();
};

/// Starts `weight` (out, in, ...) and `bias` (out), which may be undefined, as LibTorch starts
/// those of its own convolutions and linear layers; leaves them alone while a SkipInit lives.
void start_parameters(const torch::Tensor& weight, const torch::Tensor& bias);

}  // namespace lienzo::nn
