#pragma once

#include <torch/types.h>

#include <string>

namespace lienzo::training {

/// Whether a precision option ("fp32", "bf16", "auto") means bfloat16 on this device: "auto" does
/// where the hardware multiplies in it (AVX-512 BF16 or AMX, CUDA compute capability 8), "bf16"
/// always.
bool use_bf16(const std::string& precision, const torch::Device& device);

/// While it lives, matrix products and convolutions of this thread compute in bfloat16 (autocast);
/// weights stay float32. For the forward pass only: backward repeats the types of forward by
/// itself.
class AutocastScope {
 public:
  AutocastScope(bool enabled, const torch::Device& device);
  ~AutocastScope();
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

 private:
  bool enabled_;
  bool cuda_;
  bool before_ = false;
};

}  // namespace lienzo::training
