#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "lienzo/diffusion/denoiser.h"
#include "lienzo/diffusion/parameterization.h"

/// What samplers can be told. The options of each sampler (samplers/*.h) are made of these;
/// SamplerSettings is their union, for whoever picks a sampler by name.
namespace lienzo::diffusion {

/// Stochasticity of Karras et al. 2022 (arXiv:2206.00364), Algorithm 2; s_churn = 0 makes a sampler
/// deterministic.
struct ChurnOptions {
  double s_churn = 0;
  double s_tmin = 0;
  double s_tmax = std::numeric_limits<double>::infinity();
  double s_noise = 1;
};

/// What to do to a prediction of x0 before a step uses it.
struct X0Limit {
  enum class Kind {
    kNone,
    kClip,       // to [-range, range]
    kThreshold,  // dynamic thresholding: Saharia et al. 2022 (arXiv:2205.11487), section 2.3
  };
  Kind kind = Kind::kNone;
  double range = 1;
  double ratio = 0.995;      // kThreshold: the quantile of |x0| per picture that becomes 1
  double max_threshold = 1;  // kThreshold: the quantile is kept in [1, max_threshold]
};

/// The second-order term of the exponential integrators.
enum class SolverType {
  kMidpoint,  // DPM-Solver++: Lu et al. 2022 (arXiv:2211.01095)
  kHeun,
  kBh1,  // UniPC: Zhao et al. 2023 (arXiv:2302.04867), B(h) = h
  kBh2,  // B(h) = e^h - 1
};

/// The variance of DDPM's fresh noise.
enum class DdpmVariance {
  kFixedSmall,  // that of the posterior: Ho et al. 2020 (arXiv:2006.11239), eq. 7
  kFixedLarge,  // beta
};

/// Where an SDE sampler's noise comes from.
enum class SdeNoise {
  kBrownianTree,  // one path per picture, tensor/brownian_tree.h: k-diffusion and the web UIs
  kSequential,    // fresh numbers at every step: diffusers' DPMSolverMultistep
};

/// One network call of PNDM; see samplers/pndm.h.
struct PndmCall {
  double ask = 0;   // the level the network is told
  double from = 0;  // the transfer that follows
  double to = 0;
};

/// The union of what samplers can be told; each takes what it knows and leaves the rest. What is
/// empty is decided by the sampler.
struct SamplerSettings {
  NoisePath path = NoisePath::kVarianceExploding;
  std::optional<double> eta;  // share of fresh noise: ddim 0, tcd 0.3, ancestral and SDE samplers 1
  double s_noise = 1;         // factor of the fresh noise of ancestral and SDE samplers
  ChurnOptions churn = {};    // euler, heun, dpm_2
  std::optional<int> order;   // lms 1..4, dpmpp_*m* 1..3, unipc 1..4
  std::optional<SolverType> solver;      // dpmpp_*m*, unipc
  bool lower_order_last = false;         // dpmpp_*m*: the last step is of first order even above 0
  bool lower_order_before_last = false;  // dpmpp_3m*: the step before it is of second order at most
  X0Limit limit = {};                    // ddim, ddpm, pndm, lcm, heun, dpmpp_*m*, unipc
  SdeNoise sde_noise = SdeNoise::kBrownianTree;
  std::optional<uint64_t> tree_seed;  // in place of the pictures' own seeds
  DdpmVariance variance = DdpmVariance::kFixedSmall;
  /// ddim: where each step leads, when that is not the next level; see samplers/ddim.h.
  std::vector<double> targets;
  std::vector<PndmCall> pndm_calls;
  Parameterization parameterization = Parameterization::kEpsilon;  // pndm
  std::vector<double> times;     // lcm: the network's time at each step
  double timestep_scaling = 10;  // lcm
  std::vector<double> middles;   // tcd: the level each step denoises to before noise is added again
};

}  // namespace lienzo::diffusion
