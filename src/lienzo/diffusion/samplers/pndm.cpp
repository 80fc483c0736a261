#include "lienzo/diffusion/samplers/pndm.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <string>
#include <utility>

#include "lienzo/base/error.h"

namespace lienzo::diffusion {
namespace {

constexpr size_t kRungeKutta = 4;  // calls per step

// What the network said about x at level sigma: noise, or v = (alpha x_t - x0) / sigma_t on the
// variance preserving scale x_t = alpha x.
torch::Tensor output_of(Parameterization parameterization,
                        const torch::Tensor& x,
                        const torch::Tensor& denoised,
                        double sigma) {
  if (parameterization != Parameterization::kV) return derivative(x, denoised, sigma);
  const double alpha_squared = 1 / (1 + sigma * sigma);
  return (x * alpha_squared - denoised) / (sigma * std::sqrt(alpha_squared));
}

// The move along the slope that `output` means at x.
torch::Tensor transfer(Parameterization parameterization,
                       const torch::Tensor& x,
                       const torch::Tensor& output,
                       double from,
                       double to) {
  if (parameterization != Parameterization::kV) return x + output * (to - from);
  const double alpha = 1 / std::sqrt(1 + from * from);
  const torch::Tensor slope = output * alpha + x * (from * alpha * alpha);
  return x + slope * (to - from);
}

// The multistep formulas of order 1 to 4; the latest output first.
torch::Tensor multistep(const std::deque<torch::Tensor>& outputs) {
  switch (outputs.size()) {
    case 1: return outputs[0];
    case 2: return (outputs[0] * 3 - outputs[1]) / 2;
    case 3: return (outputs[0] * 23 - outputs[1] * 16 + outputs[2] * 5) / 12;
    default: return (outputs[0] * 55 - outputs[1] * 59 + outputs[2] * 37 - outputs[3] * 9) / 24;
  }
}

// A step makes several calls from where it started, of which the last counts: four in a
// Runge-Kutta step, two in the first step of PLMS, otherwise one.
struct Stage {
  size_t index, count;
};

Stage stage_of(size_t call, size_t calls, size_t runge_kutta_calls) {
  if (call < runge_kutta_calls) return {call % kRungeKutta, kRungeKutta};
  const bool twice = runge_kutta_calls == 0 && calls > 1;
  return {call == 1 && twice ? size_t{1} : 0, call < 2 && twice ? size_t{2} : 1};
}

struct State {
  torch::Tensor x;
  double level = 0;
};

State moved(Parameterization parameterization,
            const State& state,
            const torch::Tensor& output,
            const PndmCall& call) {
  const torch::Tensor x = taken_for(state.x, state.level, call.from);
  return {transfer(parameterization, x, output, call.from, call.to), call.to};
}

}  // namespace

std::vector<PndmCall> plms_calls(std::span<const double> sigmas) {
  std::vector<PndmCall> calls = {{sigmas[0], sigmas[0], sigmas[1]}};
  if (sigmas.size() > 2) calls.push_back({sigmas[1], sigmas[0], sigmas[1]});
  for (size_t i = 1; i + 1 < sigmas.size(); ++i)
    calls.push_back({sigmas[i], sigmas[i], sigmas[i + 1]});
  return calls;
}

std::vector<double> pndm_levels(std::span<const PndmCall> calls, int runge_kutta_calls) {
  std::vector<double> levels = {calls[0].ask};
  for (size_t i = 0; i < calls.size(); ++i) {
    const auto [index, count] =
        stage_of(i, calls.size(), static_cast<size_t>(std::max(runge_kutta_calls, 0)));
    if (index + 1 == count) levels.push_back(i + 1 < calls.size() ? calls[i + 1].ask : calls[i].to);
  }
  return levels;
}

torch::Tensor sample_pndm(const Denoiser& denoise,
                          torch::Tensor x,
                          std::span<const double> sigmas,
                          const PndmOptions& options,
                          tensor::NoiseSource& /*noise*/,
                          const StepCallback& on_step) {
  check_sampler_input(x, sigmas, NoisePath::kVarianceExploding);
  const std::vector<PndmCall> calls = options.calls.empty() ? plms_calls(sigmas) : options.calls;
  const auto runge_kutta = static_cast<size_t>(std::max(options.runge_kutta_calls, 0));
  if (runge_kutta % kRungeKutta != 0 || runge_kutta > calls.size()) {
    throw Error(ErrorKind::kInvalidInput,
                "[sampler] pndm makes Runge-Kutta steps of four calls, got " +
                    std::to_string(runge_kutta) + " of " + std::to_string(calls.size()) + " calls");
  }
  const std::vector<double> levels = pndm_levels(calls, options.runge_kutta_calls);
  if (!std::equal(levels.begin(), levels.end(), sigmas.begin(), sigmas.end())) {
    throw Error(ErrorKind::kInvalidInput,
                "[sampler] the levels of pndm must be those at which its calls start steps");
  }
  const torch::NoGradGuard no_grad;
  State state{std::move(x), calls[0].ask}, start;
  std::deque<torch::Tensor> outputs;  // one per step, the latest first
  torch::Tensor mean, denoised;       // of the current step
  size_t steps = 0;
  for (size_t i = 0; i < calls.size(); ++i) {
    const PndmCall& call = calls[i];
    const Stage stage = stage_of(i, calls.size(), runge_kutta);
    state = {taken_for(state.x, state.level, call.ask), call.ask};
    const torch::Tensor x0 = denoise(state.x, call.ask);
    torch::Tensor output = output_of(options.parameterization, state.x, x0, call.ask);
    if (stage.index == 0) {
      start = state;
      denoised = x0;
      outputs.push_front(output);
      if (outputs.size() > 4) outputs.pop_back();
    }
    if (stage.count == 1) output = multistep(outputs);
    if (stage.count == 2 && stage.index == 1) output = (outputs[0] + output) / 2;
    if (stage.count == kRungeKutta) {
      const torch::Tensor weighted = output / (stage.index == 0 || stage.index == 3 ? 6 : 3);
      mean = stage.index == 0 ? weighted : mean + weighted;
      if (stage.index == 3) output = mean;
    }
    state = moved(options.parameterization, start, output, call);
    if (stage.index + 1 < stage.count) continue;
    const double next = i + 1 < calls.size() ? calls[i + 1].ask : call.to;
    state = {taken_for(state.x, state.level, next), next};
    report_step(on_step, steps++, sigmas, state.x, denoised);
  }
  return state.x;
}

}  // namespace lienzo::diffusion
