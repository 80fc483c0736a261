#include "lienzo/nn/prepare.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "lienzo/base/error.h"

namespace lienzo::nn {
namespace {

void convert(torch::Tensor& tensor, torch::ScalarType dtype) {
  if (!tensor.defined() || !tensor.is_floating_point()) return;
  // A copy, so that the file they came from may go.
  tensor.set_data(tensor.to(dtype, /*non_blocking=*/false, /*copy=*/tensor.is_cpu()));
}

}  // namespace

void prepare_for_inference(torch::nn::Module& root, torch::ScalarType dtype) {
  if (dtype != torch::kFloat && dtype != torch::kBFloat16 && dtype != torch::kHalf) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[prepare_for_inference] type {}, expected Float, BFloat16 or Half",
                            c10::toString(dtype)));
  }
  const torch::NoGradGuard no_grad;
  root.eval();
  root.apply([&](torch::nn::Module& module) {
    for (torch::Tensor& parameter : module.parameters(/*recurse=*/false))
      parameter.set_requires_grad(false);
    if (auto* layer = dynamic_cast<Preparable*>(&module)) return layer->prepare(dtype);
    for (torch::Tensor& parameter : module.parameters(/*recurse=*/false)) convert(parameter, dtype);
    for (torch::Tensor& buffer : module.buffers(/*recurse=*/false)) convert(buffer, dtype);
  });
}

}  // namespace lienzo::nn
