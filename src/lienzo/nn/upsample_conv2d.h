#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <array>
#include <memory>
#include <mutex>

#include "lienzo/nn/prepare.h"
#include "lienzo/nn/prepared_layer.h"

namespace lienzo::nn {

/// 3x3 convolution, one row and column of zeros around, of a picture doubled by upsample_twice().
/// Parameters `weight` (out, in, 3, 3) and `bias` (out), as Conv2d. Prepared, it never makes the
/// doubled picture: the project's own kernel reads each small pixel as four; for the library's, of
/// nine weights those that fall on the same small pixel are added up beforehand, which leaves 2x2
/// for each of the four positions of a large pixel in its small one, and 4 / 9 of the work.
class UpsampleConv2dImpl : public torch::nn::Module, public Preparable {
 public:
  UpsampleConv2dImpl(int64_t in, int64_t out);

  /// x (B, in, H, W) -> (B, out, 2H, 2W).
  torch::Tensor forward(const torch::Tensor& x);
  /// The doubled picture cut to height x width before the convolution, for networks that halved an
  /// odd size on their way down: 2H - 1 or 2H, 2W - 1 or 2W, otherwise kInvalidInput.
  torch::Tensor forward_cut(const torch::Tensor& x, int64_t height, int64_t width);
  void prepare(torch::ScalarType dtype) override;

  torch::Tensor weight, bias;

 private:
  // The prepared layer over the doubled picture itself, for cut ones.
  PreparedLayer& whole();
  // x (B, in, H, W) -> y (B, out, 2H, 2W), both channels-last, `strip` rows of x after the others,
  // so that what the phases make is still in the cache when it is put into its places in y. B is 1
  // unless `strip` is the whole height.
  void double_in_strips(const torch::Tensor& x, const torch::Tensor& y, int64_t strip);

  int64_t out_ = 0;
  std::unique_ptr<PreparedLayer> doubling_;  // the whole layer, or:
  std::array<std::unique_ptr<PreparedLayer>, 4>
      phases_;  // upper left, upper right, lower left, ...
  torch::Tensor packed_bias_;
  std::mutex mutex_;
  std::unique_ptr<PreparedLayer> whole_;  // guarded by mutex_; made when it is first wanted
};
TORCH_MODULE(UpsampleConv2d);

}  // namespace lienzo::nn
