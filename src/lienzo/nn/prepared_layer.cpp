#include "lienzo/nn/prepared_layer.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <utility>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/nn/layer_in_place.h"
#include "lienzo/tensor/shape.h"

namespace lienzo::nn {

namespace {

// A convolution of single pixels is a linear layer over them, whose weights have one order for all
// sizes of picture.
class Pixels : public PreparedLayer {
 public:
  Pixels(int64_t in, std::unique_ptr<PreparedLayer> linear)
      : PreparedLayer(linear->type()), in_(in), linear_(std::move(linear)) {}

  torch::Tensor forward(const torch::Tensor& x) override {
    tensor::check_shape(x, {-1, in_, -1, -1}, "conv2d.x");
    return linear_->forward(x.permute({0, 2, 3, 1})).permute({0, 3, 1, 2});
  }

  torch::Tensor weight() override { return linear_->weight().unsqueeze(2).unsqueeze(3); }

 private:
  int64_t in_;
  std::unique_ptr<PreparedLayer> linear_;
};

}  // namespace

void PreparedLayer::forward_rows(const torch::Tensor&, bool, bool, const torch::Tensor&) {
  throw Error(ErrorKind::kInternal, "[packed layer] some rows of a layer that has none");
}

std::unique_ptr<PreparedLayer> prepare_linear(const torch::Tensor& weight,
                                              const torch::Tensor& bias,
                                              torch::ScalarType type) {
  auto layer = linear_in_place(weight, bias, type);
  return layer ? std::move(layer) : prepare_linear_by_library(weight, bias, type);
}

std::unique_ptr<PreparedLayer> prepare_convolution(const torch::Tensor& weight,
                                                   const torch::Tensor& bias,
                                                   int64_t stride,
                                                   const Padding& padding,
                                                   torch::ScalarType type) {
  const bool padded =
      padding.top > 0 || padding.left > 0 || padding.bottom > 0 || padding.right > 0;
  if (weight.size(2) == 1 && weight.size(3) == 1 && stride == 1 && !padded) {
    auto linear = prepare_linear(weight.flatten(1), bias, type);
    return linear ? std::make_unique<Pixels>(weight.size(1), std::move(linear)) : nullptr;
  }
  auto layer = convolution_in_place(weight, bias, stride, padding, type);
  return layer ? std::move(layer)
               : prepare_convolution_by_library(weight, bias, stride, padding, type);
}

torch::Tensor bias_or_zeros(const torch::Tensor& bias, int64_t outputs) {
  return bias.defined() ? bias.to(torch::kFloat, /*non_blocking=*/false, /*copy=*/true).contiguous()
                        : at::zeros({outputs});
}

void check_input(const PreparedLayer& layer, const torch::Tensor& x, const char* where) {
  if (x.is_cpu() && x.scalar_type() == layer.type()) {
    if (!at::GradMode::is_enabled() || !x.requires_grad()) return;
    throw Error(ErrorKind::kUnsupported,
                fmt::format("[{}] a gradient through a layer that was prepared for inference; load "
                            "the network anew to train it",
                            where));
  }
  throw Error(ErrorKind::kInvalidInput,
              fmt::format("[{}] x of type {} on {}, expected {} on cpu as the layer was prepared",
                          where,
                          c10::toString(x.scalar_type()),
                          x.device().str(),
                          c10::toString(layer.type())));
}

torch::Tensor linear_result(const PreparedLayer& layer,
                            const torch::Tensor& x,
                            c10::IntArrayRef weight) {
  check_input(layer, x, "linear");
  std::vector<int64_t> shape = x.sizes().vec();
  if (shape.empty() || shape.back() != weight[1]) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[linear] x of shape {}, expected (..., {})",
                            tensor::shape_text(x.sizes()),
                            weight[1]));
  }
  shape.back() = weight[0];
  return at::empty(shape, x.options());
}

torch::Tensor convolution_result(const PreparedLayer& layer,
                                 const torch::Tensor& x,
                                 c10::IntArrayRef weight,
                                 int64_t stride,
                                 const Padding& padding) {
  check_input(layer, x, "conv2d");
  tensor::check_shape(x, {-1, weight[1], -1, -1}, "conv2d.x");
  const int64_t above_below = padding.top + padding.bottom, beside = padding.left + padding.right;
  const int64_t height = (x.size(2) + above_below - weight[2]) / stride + 1;
  const int64_t width = (x.size(3) + beside - weight[2]) / stride + 1;
  if (height < 1 || width < 1) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[conv2d] picture of {} x {}, expected at least {} x {}",
                            x.size(3),
                            x.size(2),
                            weight[2] - beside,
                            weight[2] - above_below));
  }
  return at::empty(
      {x.size(0), weight[0], height, width}, x.options(), torch::MemoryFormat::ChannelsLast);
}

void release(torch::Tensor& parameter) {
  if (parameter.defined()) parameter.set_data(torch::empty({0}, parameter.options()));
}

void check_prepared_as(const PreparedLayer& layer, torch::ScalarType type) {
  if (layer.type() == type) return;
  throw Error(
      ErrorKind::kInvalidInput,
      fmt::format("[prepare] a layer that was prepared as {}, expected the same type again, "
                  "got {}; load the network anew",
                  c10::toString(layer.type()),
                  c10::toString(type)));
}

}  // namespace lienzo::nn
