#pragma once

#include <torch/types.h>

#include <memory>

namespace lienzo::nn {

/// A convolution or linear layer whose weights lie in the order that the processor's fast primitive
/// reads, so that no call reorders them. Inference only; calls from several threads are allowed.
class PackedLayer {
 public:
  explicit PackedLayer(torch::ScalarType type) : type_(type) {}
  virtual ~PackedLayer() = default;
  /// x of type() on the CPU, otherwise kInvalidInput.
  virtual torch::Tensor forward(const torch::Tensor& x) = 0;
  /// A convolution of stride 1 for some rows of a tall picture: x (B, in, H, W), channels-last, are
  /// the rows that they look at; zeros stand above x and below it only where it has the picture's
  /// first row (`top`) and its last (`bottom`). Fills y (B, out, H', W'), channels-last.
  virtual void forward_rows(const torch::Tensor& x, bool top, bool bottom, const torch::Tensor& y);
  /// The weights once more in the order in which they came, in fp32.
  virtual torch::Tensor weight() = 0;
  torch::ScalarType type() const { return type_; }

 private:
  torch::ScalarType type_;
};

/// weight (out, in) of any type of fractions, bias (out) or undefined: x (..., in) of `type` ->
/// (..., out). The numbers of an index of x's first axis, or of a row where x has two, depend on no
/// other's. The weights are converted and reordered piece by piece, in threads. nullptr where this
/// build or this processor has no fast primitive for `type`.
std::unique_ptr<PackedLayer> pack_linear(const torch::Tensor& weight,
                                         const torch::Tensor& bias,
                                         torch::ScalarType type);

/// Rows and columns of zeros around a picture.
struct Padding {
  int64_t top = 0, left = 0, bottom = 0, right = 0;
};

/// weight (out, in, kernel, kernel), bias (out) or undefined: x (B, in, H, W) -> (B, out, H', W'),
/// channels-last; otherwise as pack_linear.
std::unique_ptr<PackedLayer> pack_convolution(const torch::Tensor& weight,
                                              const torch::Tensor& bias,
                                              int64_t stride,
                                              const Padding& padding,
                                              torch::ScalarType type);

/// pack_convolution() by the library of this build, where the project's own kernel is not faster.
std::unique_ptr<PackedLayer> pack_convolution_by_library(const torch::Tensor& weight,
                                                         const torch::Tensor& bias,
                                                         int64_t stride,
                                                         const Padding& padding,
                                                         torch::ScalarType type);

/// Throws kInvalidInput unless x is on the CPU and of the layer's type; kUnsupported where a
/// gradient is wanted. `where` begins the message: "conv2d".
void check_input(const PackedLayer& layer, const torch::Tensor& x, const char* where);

/// Room for what a convolution makes of x, channels-last. Throws as check_input does, and
/// kInvalidInput for other channels than the weights' (out, in, kernel, kernel) and for pictures
/// smaller than a window.
torch::Tensor convolution_result(const PackedLayer& layer,
                                 const torch::Tensor& x,
                                 c10::IntArrayRef weight,
                                 int64_t stride,
                                 const Padding& padding);

/// Leaves the parameter that was packed with no elements; undefined ones stay so.
void release(torch::Tensor& parameter);

/// A layer that is prepared once more: nothing to do for the same type, kInvalidInput for another.
void check_prepared_as(const PackedLayer& layer, torch::ScalarType type);

}  // namespace lienzo::nn
