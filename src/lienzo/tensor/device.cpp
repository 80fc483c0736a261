#include "lienzo/tensor/device.h"

#include <torch/cuda.h>

#include <charconv>
#include <string>

#include "lienzo/base/error.h"

namespace lienzo::tensor {

int gpu_count() {
  return torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
}

torch::Device parse_device(std::string_view text) {
  if (text == "cpu") return torch::kCPU;
  if (text == "auto")
    return gpu_count() > 0 ? torch::Device(torch::kCUDA, 0) : torch::Device(torch::kCPU);
  int index = 0;
  bool valid = text == "cuda";
  if (text.starts_with("cuda:")) {
    const std::string_view digits = text.substr(5);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    // c10 keeps the index in eight bits.
    valid =
        error == std::errc() && end == digits.data() + digits.size() && index >= 0 && index < 128;
  }
  if (!valid) {
    throw Error(ErrorKind::kInvalidInput,
                "[device] unknown device, got '" + std::string(text) +
                    "', expected cpu, cuda, cuda:<number> or auto");
  }
  const int available = gpu_count();
  if (index >= available) {
    throw Error(ErrorKind::kUnsupported,
                "[device] no such GPU, got '" + std::string(text) + "', this build sees " +
                    std::to_string(available) + "; use cpu");
  }
  return torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(index));
}

}  // namespace lienzo::tensor
