#include "lienzo/nn/packed_layer.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "lienzo/base/error.h"

namespace lienzo::nn {

void PackedLayer::forward_rows(const torch::Tensor&, bool, bool, const torch::Tensor&) {
  throw Error(ErrorKind::kInternal, "[packed layer] some rows of a layer that has none");
}

void release(torch::Tensor& parameter) {
  if (parameter.defined()) parameter.set_data(torch::empty({0}, parameter.options()));
}

void check_prepared_as(const PackedLayer& layer, torch::ScalarType type) {
  if (layer.type() == type) return;
  throw Error(
      ErrorKind::kInvalidInput,
      fmt::format("[prepare] a layer that was prepared as {}, expected the same type again, "
                  "got {}; load the network anew",
                  c10::toString(layer.type()),
                  c10::toString(type)));
}

}  // namespace lienzo::nn
