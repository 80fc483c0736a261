#pragma once

#include <torch/nn/cloneable.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include <string_view>
#include <vector>

#include "lienzo/base/json.h"

namespace lienzo::models {

/// Sizes of a checker. A group is what one heat map looks for: a shape in a size.
struct CheckerConfig {
  int64_t picture = 128;    // side of the pictures it sees, pixels; a multiple of 8
  int64_t width = 64;       // channels at a quarter of the resolution
  int64_t deep_width = 96;  // channels at an eighth
  int64_t blocks = 1;       // residual blocks at a quarter, before and after the deep ones
  int64_t deep_blocks = 3;  // residual blocks at an eighth
  int64_t groups = 14;
  int64_t colours = 11;
  int64_t materials = 3;

  static CheckerConfig from_json(const Json& json, std::string_view where);
  Json to_json() const;
  /// Cells along a side of the heat maps.
  int64_t cells() const { return picture / 4; }
  /// Values per place: colours, materials, and five numbers (kPlaceNumbers).
  int64_t attributes() const { return colours + materials + 5; }
};

/// Numbers that the checker tells of a place beside colour and material: the middle of the whole
/// object's box, as the distance from the middle of the cell, and its width and height, all in
/// cells; the height of the object's base above the ground in units.
inline constexpr int64_t kPlaceNumbers = 5;

/// What the checker sees before anything is decided. B pictures, C channels, G groups, n cells.
struct CheckerOutput {
  torch::Tensor features;  // (B, C, n, n)
  torch::Tensor heat;      // (B, G, n, n) fp32, logits
};

/// An object that the checker found.
struct CheckerPeak {
  int group = 0;
  int colour = 0;                     // the likeliest
  int material = 0;                   // the likeliest
  double score = 0;                   // 0..1
  double centre_x = 0, centre_y = 0;  // of the whole object's box, 0..1 from the left and the top
  double width = 0, height = 0;       // of the box, 0..1
  double elevation = 0;               // units
  std::vector<CheckerPeak> rivals;    // what else could be in this place, most certain first
};

/// What the checker found in one picture, most certain first.
struct CheckerReading {
  std::vector<CheckerPeak> peaks;
};

/// Finds the objects of a picture: a heat map per group peaks where an object's middle is, and what
/// kind of object it is is read off the features there (CenterNet, Zhou et al. 2019,
/// arXiv:1904.07850). Trained on the renderer, never on what a model drew.
class CheckerImpl : public torch::nn::Cloneable<CheckerImpl> {
 public:
  explicit CheckerImpl(const CheckerConfig& config);
  void reset() override;
  const CheckerConfig& config() const { return config_; }

  /// pictures (B, 3, picture, picture) in [-1, 1].
  CheckerOutput forward(const torch::Tensor& pictures);

  /// Reads places off the features: places (N, 4) int64 = (picture, group, row, column). Returns
  /// (N, attributes) fp32: logits of the colours, logits of the materials, kPlaceNumbers numbers.
  torch::Tensor attributes(const torch::Tensor& features, const torch::Tensor& places);

  /// Up to `most` objects of each picture whose score is at least `threshold`; of findings in the
  /// same place (boxes overlapping by `same` or more) the most certain counts, the others are its
  /// rivals.
  std::vector<CheckerReading> read(const torch::Tensor& pictures,
                                   double threshold = 0.3,
                                   int most = 8,
                                   double same = 0.72);

 private:
  torch::Tensor residual(torch::nn::ModuleList& list, int64_t at, const torch::Tensor& x);
  CheckerConfig config_;
  torch::nn::Conv2d stem_{nullptr}, down_{nullptr}, deeper_{nullptr}, up_{nullptr}, neck_{nullptr},
      heat_in_{nullptr}, heat_{nullptr};
  torch::nn::ModuleList first_{nullptr}, deep_{nullptr}, last_{nullptr};
  torch::nn::Linear place_in_{nullptr}, place_out_{nullptr};
};
TORCH_MODULE(Checker);

}  // namespace lienzo::models
