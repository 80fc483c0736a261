#include "lienzo/training/precision.h"

#include <ATen/autocast_mode.h>
#include <torch/version.h>

#include "lienzo/tensor/dtype.h"

namespace lienzo::training {
namespace {

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
at::DeviceType type(bool cuda) { return cuda ? at::kCUDA : at::kCPU; }
bool autocast_enabled(bool cuda) { return at::autocast::is_autocast_enabled(type(cuda)); }
void enable_autocast(bool cuda, bool on) {
  at::autocast::set_autocast_enabled(type(cuda), on);
  if (on) at::autocast::set_autocast_dtype(type(cuda), at::kBFloat16);
}
#else
bool autocast_enabled(bool cuda) {
  return cuda ? at::autocast::is_enabled() : at::autocast::is_cpu_enabled();
}
void enable_autocast(bool cuda, bool on) {
  cuda ? at::autocast::set_enabled(on) : at::autocast::set_cpu_enabled(on);
  if (on)
    cuda ? at::autocast::set_autocast_gpu_dtype(at::kBFloat16)
         : at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
}
#endif

}  // namespace

bool use_bf16(const std::string& precision, const torch::Device& device) {
  if (precision == "auto") return !device.is_cpu() || tensor::processor_has_bf16();
  return precision == "bf16";
}

AutocastScope::AutocastScope(bool enabled, const torch::Device& device)
    : enabled_(enabled), cuda_(!device.is_cpu()) {
  if (!enabled_) return;
  before_ = autocast_enabled(cuda_);
  enable_autocast(cuda_, true);
}

AutocastScope::~AutocastScope() {
  if (!enabled_) return;
  // The cache holds bfloat16 copies of the weights, which the optimizer is about to change.
  at::autocast::clear_cache();
  enable_autocast(cuda_, before_);
}

}  // namespace lienzo::training
