#pragma once

#include <torch/types.h>

#include <memory>

namespace lienzo::nn {

/// A convolution or linear layer that is ready for inference: its weights lie in the order that the
/// processor's fast primitive reads, so that no call reorders them, or where their file has them,
/// which the project's own kernels read as it is (layer_in_place.h). Calls from several threads are
/// allowed.
class PreparedLayer {
 public:
  explicit PreparedLayer(torch::ScalarType type) : type_(type) {}
  virtual ~PreparedLayer() = default;
  /// x of type() on the CPU, otherwise kInvalidInput.
  virtual torch::Tensor forward(const torch::Tensor& x) = 0;
  /// A convolution of stride 1 for some rows of a tall picture: x (B, in, H, W), channels-last, are
  /// the rows that they look at; zeros stand above x and below it only where it has the picture's
  /// first row (`top`) and its last (`bottom`). Fills y (B, out, H', W'), channels-last. Where the
  /// rows begin at an even distance from the picture's first, their numbers have the bits that they
  /// have in the whole.
  virtual void forward_rows(const torch::Tensor& x, bool top, bool bottom, const torch::Tensor& y);
  /// The weights once more in the order in which they came, in fp32.
  virtual torch::Tensor weight() = 0;
  torch::ScalarType type() const { return type_; }

 private:
  torch::ScalarType type_;
};

/// weight (out, in) of any type of fractions, bias (out) or undefined: x (..., in) of `type` ->
/// (..., out). The numbers of an index of x's first axis, or of a row where x has two, depend on no
/// other's. Numbers that are copied are converted and reordered piece by piece, in threads. nullptr
/// where this build or this processor has no fast primitive for `type`.
std::unique_ptr<PreparedLayer> prepare_linear(const torch::Tensor& weight,
                                              const torch::Tensor& bias,
                                              torch::ScalarType type);

/// Rows and columns of zeros around a picture.
struct Padding {
  int64_t top = 0, left = 0, bottom = 0, right = 0;
};

/// weight (out, in, kernel, kernel), bias (out) or undefined: x (B, in, H, W) -> (B, out, H', W'),
/// channels-last; otherwise as prepare_linear.
std::unique_ptr<PreparedLayer> prepare_convolution(const torch::Tensor& weight,
                                                   const torch::Tensor& bias,
                                                   int64_t stride,
                                                   const Padding& padding,
                                                   torch::ScalarType type);

/// The same by the library of this build, where the project's own kernels are not faster.
std::unique_ptr<PreparedLayer> prepare_linear_by_library(const torch::Tensor& weight,
                                                         const torch::Tensor& bias,
                                                         torch::ScalarType type);
std::unique_ptr<PreparedLayer> prepare_convolution_by_library(const torch::Tensor& weight,
                                                              const torch::Tensor& bias,
                                                              int64_t stride,
                                                              const Padding& padding,
                                                              torch::ScalarType type);

/// The bias (outputs) in fp32, in memory of its own, so that the file it came from may go; zeros
/// for an undefined one.
torch::Tensor bias_or_zeros(const torch::Tensor& bias, int64_t outputs);

/// Throws kInvalidInput unless x is on the CPU and of the layer's type; kUnsupported where a
/// gradient is wanted. `where` begins the message: "conv2d".
void check_input(const PreparedLayer& layer, const torch::Tensor& x, const char* where);

/// Room for what a linear layer of weights (out, in) makes of x. Throws as check_input does, and
/// kInvalidInput unless x is (..., in).
torch::Tensor linear_result(const PreparedLayer& layer,
                            const torch::Tensor& x,
                            c10::IntArrayRef weight);

/// Room for what a convolution makes of x, channels-last. Throws as check_input does, and
/// kInvalidInput for other channels than the weights' (out, in, kernel, kernel) and for pictures
/// smaller than a window.
torch::Tensor convolution_result(const PreparedLayer& layer,
                                 const torch::Tensor& x,
                                 c10::IntArrayRef weight,
                                 int64_t stride,
                                 const Padding& padding);

/// Leaves the parameter that was packed with no elements; undefined ones stay so.
void release(torch::Tensor& parameter);

/// A layer that is prepared once more: nothing to do for the same type, kInvalidInput for another.
void check_prepared_as(const PreparedLayer& layer, torch::ScalarType type);

}  // namespace lienzo::nn
