#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Noise tables and the levels a sampler visits. Everything is host-side double. "Table" is a
/// model's training table: sigma of each of its T steps, ascending. A schedule has n + 1 descending
/// levels for n steps and ends in 0 unless it says otherwise, ready for samplers/step.h. Formulas:
/// huggingface/diffusers v0.30.3 schedulers/scheduling_*.py, crowsonkb/k-diffusion sampling.py and
/// external.py, AUTOMATIC1111 modules/sd_schedulers.py. Impossible arguments throw kInvalidInput.
namespace lienzo::diffusion {

// ---- training tables

enum class BetaSchedule {
  kLinear,        // linspace(start, end)
  kScaledLinear,  // linspace(sqrt(start), sqrt(end))^2: Stable Diffusion
  kSquaredCos,    // Nichol & Dhariwal 2021 (arXiv:2102.09672), eq. 17; start and end are not used
  kSigmoid,       // from start to end along a logistic curve over [-6, 6]
};

/// "linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid", as in diffusers configurations.
BetaSchedule beta_schedule_from_name(std::string_view name);

/// `size` betas in (0, 1), each rounded to float32 as in the reference, whose own last bit depends
/// on the processor.
std::vector<double> betas(BetaSchedule schedule, int size, double start, double end);

/// Running product of 1 - beta. The product runs in double and each entry is rounded to float32,
/// which is what torch's cumprod does on the CPU and what published models were trained with.
std::vector<double> alphas_cumprod(std::span<const double> betas);

/// The last entry of a zero-terminal-SNR table: not 0, so that its sigma (4096) is finite.
inline constexpr double kZeroSnrAlphaBar = 0x1p-24;

/// Shifts and scales sqrt(abar) so that the last entry is pure noise: Lin et al. 2023
/// (arXiv:2305.08891), Algorithm 1. As in diffusers the last entry then becomes kZeroSnrAlphaBar,
/// and the others are rounded to float32 on the way.
std::vector<double> rescale_to_zero_snr(std::span<const double> alphas_cumprod);

/// sqrt((1 - abar) / abar): a table. Entries must lie in (0, 1) and descend.
std::vector<double> sigmas_from_alphas_cumprod(std::span<const double> alphas_cumprod);

/// Level at a fractional step t in [0, T - 1] (clamped), linear in ln sigma: k-diffusion.
double t_to_sigma(std::span<const double> table, double t);
/// The same, linear in sigma: diffusers.
double t_to_sigma_linear(std::span<const double> table, double t);
/// The inverse of t_to_sigma; 0 and T - 1 outside the table.
double sigma_to_t(std::span<const double> table, double sigma);

// ---- timesteps, for reproducing diffusers' configurations

enum class TimestepSpacing { kLeading, kTrailing, kLinspace };

/// How a diffusers configuration spreads the levels between the ends of its timesteps.
enum class SigmaSpread {
  kTimesteps,    // it visits the timesteps
  kKarras,       // use_karras_sigmas
  kExponential,  // use_exponential_sigmas
  kBeta,         // use_beta_sigmas
  kLu,           // use_lu_lambdas: kExponential, at whole timesteps
};

/// Where the last step of a diffusers configuration leads: final_sigmas_type.
enum class FinalSigma { kZero, kSigmaMin };

/// "leading", "trailing", "linspace".
TimestepSpacing timestep_spacing_from_name(std::string_view name);

struct TimestepOptions {
  TimestepSpacing spacing = TimestepSpacing::kLeading;
  int offset = 0;  // steps_offset, added by kLeading
  bool extra_point =
      false;          // DPM++ and UniPC lay out n + 1 points and drop the lowest (not kTrailing)
  bool round = true;  // to whole steps, half to even; Euler and Heun keep kLinspace fractional
};

/// `n` descending steps of a table of `train_steps`.
std::vector<double> timesteps(int n, int train_steps, const TimestepOptions& options);

/// The schedule that visits `steps` (linear in sigma between entries), then 0.
std::vector<double> sigmas_at(std::span<const double> table, std::span<const double> steps);

// ---- schedules

/// Karras et al. 2022 (arXiv:2206.00364), eq. 5.
std::vector<double> karras_sigmas(int n, double sigma_min, double sigma_max, double rho = 7);
/// Even in ln sigma.
std::vector<double> exponential_sigmas(int n, double sigma_min, double sigma_max);
/// In ln sigma along u^rho.
std::vector<double> polyexponential_sigmas(int n,
                                           double sigma_min,
                                           double sigma_max,
                                           double rho = 1);
/// Even in t over the whole table, both ends included; "uniform" in some programs.
std::vector<double> normal_sigmas(int n, std::span<const double> table);
/// Even in t without the lowest point: Stability's generative-models.
std::vector<double> sgm_uniform_sigmas(int n, std::span<const double> table);
/// Every (T / n)-th entry of the table, from the top.
std::vector<double> simple_sigmas(int n, std::span<const double> table);

/// The entries 1, 1 + T / n, ... of the table from the top: the steps of DDIM. More than n where n
/// does not divide T, as in the reference.
std::vector<double> ddim_uniform_sigmas(int n, std::span<const double> table);
/// Quantiles of a beta distribution between the ends: Lee et al. 2024 (arXiv:2407.12173), in the
/// form of diffusers and AUTOMATIC1111; ComfyUI rounds to entries of the table instead.
std::vector<double> beta_sigmas(
    int n, double sigma_min, double sigma_max, double alpha = 0.6, double beta = 0.6);

/// The two tables of "Align Your Steps", one per kind of model they were tuned for.
enum class AlignYourStepsTable { kStableDiffusion1, kStableDiffusionXl };
/// Sabour et al. 2024 (arXiv:2404.14507): ten steps found by optimisation, others between them.
std::vector<double> align_your_steps_sigmas(int n, AlignYourStepsTable table);

/// Even in arctan sigma, the lowest level last and no 0 after it: the same work, eq. 7.
std::vector<double> kl_optimal_sigmas(int n, double sigma_min, double sigma_max);

/// The schedule of that name over a table; kInvalidInput lists the names.
std::vector<double> schedule_by_name(std::string_view name, int n, std::span<const double> table);
/// karras, exponential, polyexponential, normal, sgm_uniform, simple, ddim_uniform, beta,
/// align_your_steps_sd1, align_your_steps_sdxl, kl_optimal.
std::span<const std::string_view> schedules();

// ---- rectified flow

/// shift * t / (1 + (shift - 1) t), t in [0, 1]: Esser et al. 2024 (arXiv:2403.03206), eq. 23. 1
/// changes nothing.
double shift_flow_time(double t, double shift);
/// FLUX's shift for a picture of `tokens` image tokens: e^mu, mu linear from 0.5 at 256 to 1.15 at
/// 4096.
double flux_shift(int tokens);
/// 1, 1 - 1/n, ..., 1/n shifted, then 0: FLUX and our own flow models.
std::vector<double> flow_sigmas(int n, double shift = 1);
/// diffusers' FlowMatchEulerDiscreteScheduler for SD3, which spaces evenly between ends that are
/// already shifted and shifts again.
std::vector<double> sd3_sigmas(int n, double shift = 3, int train_steps = 1000);

}  // namespace lienzo::diffusion
