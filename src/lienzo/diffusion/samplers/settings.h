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
  double max_threshold = 1;  // kThreshold: the quantile is raised to 1, then kept below this
};

/// The second-order term of the exponential integrators.
enum class SolverType {
  kMidpoint,  // DPM-Solver++: Lu et al. 2022 (arXiv:2211.01095)
  kHeun,
  kBh1,  // UniPC: Zhao et al. 2023 (arXiv:2302.04867), B(h) = h
  kBh2,  // B(h) = e^h - 1
};

/// Where an SDE sampler's noise comes from.
enum class SdeNoise {
  kBrownianTree,  // one path per picture, tensor/brownian_tree.h: k-diffusion and the web UIs
  kSequential,    // fresh numbers at every step: diffusers' DPMSolverMultistep
};

struct SdeNoiseOptions {
  SdeNoise kind = SdeNoise::kBrownianTree;
  std::optional<uint64_t> seed = {};  // of every picture's path, in place of its own
  /// The levels between which the path runs: those of the whole schedule when only a part of it is
  /// run. 0: those of the run.
  double low = 0, high = 0;
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
  std::optional<double> eta = {};  // share of fresh noise: ddim 0, ancestral and SDE samplers 1
  double s_noise = 1;              // factor of the fresh noise of ancestral and SDE samplers
  ChurnOptions churn = {};         // euler, heun, dpm_2
  X0Limit limit = {};              // ddim, ddpm, heun, lcm, dpmpp_2m .. dpmpp_3m_sde, unipc

  std::optional<int> order = {};          // lms 1..4, dpmpp_2m .. dpmpp_3m_sde 1..3, unipc 1..4
  std::optional<SolverType> solver = {};  // dpmpp_2m .. dpmpp_3m_sde, unipc
  bool lower_order_last = false;          // dpmpp_2m .. dpmpp_3m_sde
  bool lower_order_before_last = false;   // dpmpp_3m, dpmpp_3m_sde
  bool lower_order_final = true;          // unipc
  bool diffusers_third_order = false;     // dpmpp_3m_sde

  SdeNoiseOptions sde = {};  // dpmpp_sde, dpmpp_2m_sde, dpmpp_3m_sde

  std::vector<double> targets = {};                                // ddim
  std::vector<PndmCall> pndm_calls = {};                           // pndm
  int runge_kutta_calls = 0;                                       // pndm
  Parameterization parameterization = Parameterization::kEpsilon;  // pndm
  std::vector<double> times = {};                                  // lcm
  double timestep_scaling = 10;                                    // lcm
  std::vector<double> middles = {};                                // tcd
};

}  // namespace lienzo::diffusion
