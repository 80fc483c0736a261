#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

namespace lienzo::nn {

/// A layer that knows how to make itself ready for inference; prepare_for_inference() asks it.
class Preparable {
 public:
  virtual ~Preparable() = default;
  /// Converts the layer's parameters for computing in `dtype`. Calling it again with the same type
  /// changes nothing; another type is kInvalidInput where the layer has a form of its own already.
  virtual void prepare(torch::ScalarType dtype) = 0;
};

/// Makes a network inference-only, one module after the other, so that the peak of memory is the
/// weights and one layer. Conv2d and Linear on the CPU keep their weights from then on in the order
/// that the fast primitive reads, or where they lie, in a mapped file perhaps (layer_in_place.h);
/// their parameters `weight` and `bias` are left with no elements, so neither saving nor training
/// is possible any more; GroupNorm and LayerNorm keep theirs in fp32, which costs nothing and is
/// what their kernels read; every other floating-point parameter and buffer is converted to
/// `dtype`. Gradients are switched off throughout. `dtype` is kFloat, kBFloat16 or kHalf, otherwise
/// kInvalidInput. Once more with the same type is harmless.
void prepare_for_inference(torch::nn::Module& root, torch::ScalarType dtype);

}  // namespace lienzo::nn
