#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "lienzo/base/json.h"
#include "lienzo/image/image.h"

namespace lienzo::training {

/// The tensors of one step, in an order that only the task knows.
using Batch = std::vector<torch::Tensor>;

/// What is learned: the network, its data and its loss. Everything random is a function of (seed,
/// step), so that a resumed run repeats the interrupted one exactly. libtorch's global generator is
/// reseeded by the trainer from (seed, step) before each loss, so dropout and noise drawn inside
/// `loss` may use it.
class Task {
 public:
  virtual ~Task() = default;
  /// The network; its trainable parameters are float32.
  virtual torch::nn::Module& module() = 0;
  /// Begins with the weights of an earlier model (`init` of [train]): fills module() by name from a
  /// safetensors file. A task whose model is not one such file throws kUnsupported instead.
  virtual void load_first_weights(const std::filesystem::path& file);
  /// Thread-safe; a pure function of `step` (data order, noise, times: everything random of that
  /// step), called from loader threads. With accumulation `step` counts micro-batches.
  virtual Batch make_batch(int64_t step) const = 0;
  /// Scalar loss; may add named values to `metrics` (averaged between two log lines).
  virtual torch::Tensor loss(const Batch& batch, std::map<std::string, double>& metrics) = 0;
  /// Sample sheet with the current (EMA) weights; empty image when the task has none.
  virtual image::Image sample_sheet() { return {}; }
  /// Called on validation steps with EMA weights: metric name -> value.
  virtual std::map<std::string, double> validate() { return {}; }
  /// Writes the finished model into `folder` (safetensors + whatever it needs), EMA weights being
  /// loaded in module().
  virtual void save_model(const std::filesystem::path& folder, const Json& provenance) = 0;
};

}  // namespace lienzo::training
