#include "lienzo/training/optimizer.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "lienzo/base/error.h"
#include "lienzo/training/optimizer_kernel.h"

namespace lienzo::training {
namespace {

// Small enough that parameter, gradient and state of a chunk (320 KiB) stay in the second-level
// cache between the two loops of the kernel.
constexpr int64_t kChunk = 16384;

// Autograd gives gradients the parameter's layout unless the layer chose otherwise.
torch::Tensor gradient_like(const ParameterState& state) {
  const torch::Tensor& gradient = state.parameter.grad();
  if (!gradient.defined()) return {};
  if (gradient.strides() == state.parameter.strides()) return gradient;
  torch::Tensor same = torch::empty_like(state.parameter);
  same.copy_(gradient);
  return same;
}

}  // namespace

AdamW::AdamW(torch::nn::Module& module, const AdamWOptions& options) : options_(options) {
  torch::NoGradGuard no_grad;
  for (auto& item : module.named_parameters()) {
    torch::Tensor& parameter = item.value();
    if (!parameter.requires_grad()) continue;
    if (parameter.scalar_type() != torch::kFloat32 || !parameter.is_non_overlapping_and_dense()) {
      throw Error(ErrorKind::kInvalidInput,
                  "[optimizer] parameter '" + item.key() +
                      "', expected dense float32; keep the master weights in " +
                      "float32 and choose precision = \"bf16\" instead");
    }
    ParameterState state{
        .name = item.key(),
        .parameter = parameter,
        .m = torch::zeros_like(parameter),
        .v = torch::zeros_like(parameter),
        .ema = options.ema ? parameter.detach().clone() : torch::Tensor(),
        .decay = parameter.dim() >= 2,
    };
    for (int64_t begin = 0; begin < parameter.numel(); begin += kChunk) {
      chunks_.push_back({states_.size(), begin, std::min(parameter.numel(), begin + kChunk)});
    }
    states_.push_back(std::move(state));
  }
  if (states_.empty())
    throw Error(ErrorKind::kInvalidInput, "[optimizer] the network has no trainable parameter");
}

double AdamW::gradient_norm() const {
  torch::NoGradGuard no_grad;
  if (!states_.front().parameter.is_cpu()) {
    std::vector<torch::Tensor> norms;
    for (const ParameterState& state : states_) {
      if (state.parameter.grad().defined()) norms.push_back(state.parameter.grad().norm());
    }
    return norms.empty() ? 0.0 : torch::stack(norms).norm().item<double>();
  }
  std::vector<torch::Tensor> gradients;
  for (const ParameterState& state : states_) gradients.push_back(gradient_like(state));
  // One sum per chunk, added in order: the same norm whatever the number of threads.
  std::vector<double> sums(chunks_.size(), 0.0);
  at::parallel_for(0, static_cast<int64_t>(chunks_.size()), 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const Chunk& chunk = chunks_[i];
      if (!gradients[chunk.state].defined()) continue;
      sums[i] =
          sum_of_squares(chunk.end - chunk.begin,
                         static_cast<float*>(gradients[chunk.state].data_ptr()) + chunk.begin);
    }
  });
  double total = 0;
  for (double sum : sums) total += sum;
  return std::sqrt(total);
}

void AdamW::step(double learning_rate, double gradient_scale, double ema_decay) {
  torch::NoGradGuard no_grad;
  ++updates_;
  const double t = static_cast<double>(updates_);
  const double step_size = learning_rate / (1 - std::pow(options_.beta1, t));
  const double root_scale = 1 / std::sqrt(1 - std::pow(options_.beta2, t));

  std::vector<torch::Tensor> gradients;
  for (const ParameterState& state : states_) gradients.push_back(gradient_like(state));

  if (!states_.front().parameter.is_cpu()) {
    for (size_t i = 0; i < states_.size(); ++i) {
      ParameterState& s = states_[i];
      if (gradients[i].defined()) {
        torch::Tensor g = gradients[i] * gradient_scale;
        s.m.mul_(options_.beta1).add_(g, 1 - options_.beta1);
        s.v.mul_(options_.beta2).addcmul_(g, g, 1 - options_.beta2);
        if (s.decay) s.parameter.mul_(1 - learning_rate * options_.weight_decay);
        s.parameter.addcdiv_(s.m, s.v.sqrt().mul_(root_scale).add_(options_.epsilon), -step_size);
      }
      if (s.ema.defined()) s.ema.lerp_(s.parameter, 1 - ema_decay);
    }
    return;
  }

  at::parallel_for(0, static_cast<int64_t>(chunks_.size()), 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const Chunk& chunk = chunks_[i];
      ParameterState& s = states_[chunk.state];
      if (!gradients[chunk.state].defined())
        continue;  // frozen for now: its average stays what it is, too
      const AdamWCoefficients c{
          .beta1 = static_cast<float>(options_.beta1),
          .beta2 = static_cast<float>(options_.beta2),
          .epsilon = static_cast<float>(options_.epsilon),
          .gradient_scale = static_cast<float>(gradient_scale),
          .keep = static_cast<float>(s.decay ? 1 - learning_rate * options_.weight_decay : 1.0),
          .step_size = static_cast<float>(step_size),
          .root_scale = static_cast<float>(root_scale),
          .ema_weight = static_cast<float>(1 - ema_decay),
      };
      auto at_begin = [&](const torch::Tensor& tensor) {
        return tensor.defined() ? static_cast<float*>(tensor.data_ptr()) + chunk.begin : nullptr;
      };
      adamw_update(c,
                   chunk.end - chunk.begin,
                   at_begin(gradients[chunk.state]),
                   at_begin(s.parameter),
                   at_begin(s.m),
                   at_begin(s.v),
                   at_begin(s.ema));
    }
  });
}

void AdamW::zero_gradients() {
  for (ParameterState& state : states_) state.parameter.mutable_grad().reset();
}

EmaScope::EmaScope(torch::nn::Module& module, AdamW& optimizer)
    : module_(module), optimizer_(optimizer), was_training_(module.is_training()) {
  swap_weights();
  module_.eval();
}

EmaScope::~EmaScope() {
  swap_weights();
  module_.train(was_training_);
}

void EmaScope::swap_weights() {
  for (ParameterState& state : optimizer_.states()) {
    if (!state.ema.defined()) continue;
    torch::Tensor kept = state.parameter.detach().clone();
    state.parameter.detach().copy_(state.ema);
    state.ema.copy_(kept);
  }
}

}  // namespace lienzo::training
