// Compiled where oneDNN is switched off: every layer then stays with the plain operations.
#include "lienzo/nn/prepared_layer.h"

namespace lienzo::nn {

std::unique_ptr<PreparedLayer> prepare_linear_by_library(const torch::Tensor&,
                                                         const torch::Tensor&,
                                                         torch::ScalarType) {
  return nullptr;
}

std::unique_ptr<PreparedLayer> prepare_convolution_by_library(
    const torch::Tensor&, const torch::Tensor&, int64_t, const Padding&, torch::ScalarType) {
  return nullptr;
}

}  // namespace lienzo::nn
