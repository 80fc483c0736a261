#pragma once

#include <torch/types.h>

#include <vector>

#include "lienzo/diffusion/denoiser.h"
#include "lienzo/diffusion/parameterization.h"

namespace lienzo::diffusion {

/// The contract between a network and the rest: how its inputs were noised, what time it is told,
/// what its output means. Training takes its batches from here and sampling its denoiser, so the
/// two cannot disagree (the role of `get_scalings` in k-diffusion's external.py).
class NoiseModel {
 public:
  /// x_t = sqrt(abar_t) x0 + sqrt(1 - abar_t) noise; the time is t in [0, T), fractional when a
  /// sampler asks for a level between two entries. `alphas_cumprod` has T descending values in (0,
  /// 1]; see schedules.h. Samplers run it on NoisePath::kVarianceExploding.
  static NoiseModel variance_preserving(Parameterization parameterization,
                                        std::vector<double> alphas_cumprod);

  /// x_t = (1 - t) x0 + t noise, t in [0, 1]; the network is told time_scale * t (SD3 and FLUX:
  /// 1000).
  static NoiseModel rectified_flow(double time_scale = 1000,
                                   Parameterization parameterization = Parameterization::kFlow);

  /// The same model, told the time `time` where the sampler asks for exactly the level `sigma`. For
  /// samplers that visit given steps of the table.
  struct Pin {
    double sigma, time;
  };
  NoiseModel with_times(std::vector<Pin> pins) const;

  NoisePath path() const { return path_; }
  Parameterization parameterization() const { return parameterization_; }
  /// sigma of each table entry, ascending, in the sampler's space; empty for flow.
  const std::vector<double>& sigma_table() const { return sigma_table_; }
  /// Whether the table ends in pure noise, see rescale_to_zero_snr.
  bool zero_terminal_snr() const;

  /// What the network is given at the sampler's noise level: x_network = alpha * x0 + sigma *
  /// noise.
  struct Level {
    double alpha = 1;
    double sigma = 0;
    double time = 0;         // in the network's unit
    double input_scale = 1;  // x_network = input_scale * x_sampler
  };
  Level level(double sampler_sigma) const;

  struct TrainingBatch {
    torch::Tensor x_t;     // (B, ...) network input
    torch::Tensor target;  // (B, ...) what it should answer
    torch::Tensor time;    // (B) float, what it is told
    torch::Tensor alpha;   // (B) float
    torch::Tensor sigma;   // (B) float; with alpha for loss weights
  };
  /// `u` (B) in [0, 1) says how noisy each row becomes: flow uses it as t, a table as entry floor(u
  /// * T).
  TrainingBatch training_batch(const torch::Tensor& x0,
                               const torch::Tensor& noise,
                               const torch::Tensor& u) const;

  /// The network as a denoiser for the samplers on `path()`. The
  /// NoiseModel may be gone when it is called.
  Denoiser denoiser(Network network) const;

 private:
  NoiseModel() = default;

  NoisePath path_ = NoisePath::kRectifiedFlow;
  Parameterization parameterization_ = Parameterization::kFlow;
  double time_scale_ = 1;
  std::vector<double> alphas_cumprod_;
  std::vector<double> sigma_table_;
  std::vector<Pin> pins_;
};

}  // namespace lienzo::diffusion
