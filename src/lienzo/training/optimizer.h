#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lienzo::training {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.99;
  double epsilon = 1e-8;
  double weight_decay =
      0.01;         // not applied to parameters with fewer than two dimensions (biases, norms)
  bool ema = true;  // keep averaged weights
};

/// One trainable parameter and what the optimizer remembers of it. All tensors have the parameter's
/// memory layout.
struct ParameterState {
  std::string name;
  torch::Tensor parameter;
  torch::Tensor m;    // first moment
  torch::Tensor v;    // second moment
  torch::Tensor ema;  // averaged weights; undefined when off
  bool decay = true;
};

/// AdamW (Loshchilov and Hutter, arXiv:1711.05101, algorithm 2, as torch.optim.AdamW computes it)
/// and the moving average of the weights in a single pass over memory: each number is read once and
/// written once per step, where the tensor operations of torch::optim make about ten passes.
/// Elementwise, so the result does not depend on the number of threads.
class AdamW {
 public:
  /// Takes the parameters of `module` that require a gradient; kInvalidInput unless they are dense
  /// float32.
  AdamW(torch::nn::Module& module, const AdamWOptions& options);

  /// Global L2 norm of the gradient; not finite if any of its values is not. Parameters without
  /// gradient count as 0.
  double gradient_norm() const;
  /// One update with the gradients multiplied by `gradient_scale`; ema = ema * d + parameter * (1 -
  /// d).
  void step(double learning_rate, double gradient_scale, double ema_decay);
  void zero_gradients();

  /// Updates made so far; the n of the bias correction.
  int64_t updates() const { return updates_; }
  void set_updates(int64_t updates) { updates_ = updates; }
  std::vector<ParameterState>& states() { return states_; }
  const std::vector<ParameterState>& states() const { return states_; }

 private:
  struct Chunk {
    size_t state;
    int64_t begin, end;  // elements of that parameter
  };

  AdamWOptions options_;
  std::vector<ParameterState> states_;
  std::vector<Chunk> chunks_;
  int64_t updates_ = 0;
};

/// While it lives the module computes with the averaged weights, in evaluation mode and without
/// recording gradients; afterwards everything is as before. Does no more than switch the mode when
/// there are no averaged weights.
class EmaScope {
 public:
  EmaScope(torch::nn::Module& module, AdamW& optimizer);
  ~EmaScope();
  EmaScope(const EmaScope&) = delete;
  EmaScope& operator=(const EmaScope&) = delete;

 private:
  void swap_weights();

  torch::nn::Module& module_;
  AdamW& optimizer_;
  torch::NoGradGuard no_grad_;
  bool was_training_;
};

}  // namespace lienzo::training
