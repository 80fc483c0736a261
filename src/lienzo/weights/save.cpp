#include "lienzo/weights/save.h"

namespace lienzo::weights {

std::vector<NamedTensor> named_tensors(const torch::nn::Module& module,
                                       std::optional<torch::ScalarType> float_dtype,
                                       std::string_view prefix) {
  std::vector<NamedTensor> tensors;
  const auto add = [&](const std::string& name, const torch::Tensor& tensor) {
    const bool convert = float_dtype && tensor.is_floating_point();
    tensors.emplace_back(std::string(prefix) + name,
                         convert ? tensor.detach().to(*float_dtype) : tensor.detach());
  };
  for (const auto& item : module.named_parameters()) add(item.key(), item.value());
  for (const auto& item : module.named_buffers()) add(item.key(), item.value());
  return tensors;
}

}  // namespace lienzo::weights
