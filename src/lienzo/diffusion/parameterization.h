#pragma once

#include <torch/types.h>

#include <string>
#include <string_view>

/// What a network's output means. The forward process is x_t = alpha * x0 + sigma * noise; these
/// functions hold for every alpha and sigma, so variance preserving, variance exploding and flow
/// share them. The training loss
/// (`target`) and the samplers (`to_x0`) use the same definitions and are tested to be inverse.
///
/// Every function comes twice: with alpha and sigma as doubles for a whole batch, and as tensors
/// (B), one level per row, for training. Shapes: all other tensors (B, ...), equal.
namespace lienzo::diffusion {

enum class Parameterization {
  kEpsilon,  // noise: Ho et al. 2020 (arXiv:2006.11239), eq. 14
  kV,        // alpha * noise - sigma * x0: Salimans & Ho 2022 (arXiv:2202.00512), appendix D
  kFlow,     // noise - x0: Lipman et al. 2022 (arXiv:2210.02747), Esser et al. 2024
  kX0,       // the clean picture
  kEdm,      // the part of x0 that x_t does not explain, (x0 - c_skip x_t) / c_out, at unit scale:
             // Karras et al. 2022 (arXiv:2206.00364), table 1, for any alpha; sigma_data 0.5
};

/// "epsilon", "v_prediction", "flow", "sample", "edm": the names of the diffusers configurations
/// where they exist.
std::string_view name(Parameterization parameterization);
/// Throws kInvalidInput listing the names.
Parameterization parameterization_from_name(std::string_view name);

/// The forward process, alpha * x0 + sigma * noise.
torch::Tensor add_noise(const torch::Tensor& x0,
                        const torch::Tensor& noise,
                        double alpha,
                        double sigma);
torch::Tensor add_noise(const torch::Tensor& x0,
                        const torch::Tensor& noise,
                        const torch::Tensor& alpha,
                        const torch::Tensor& sigma);

/// What the network should have answered: the training target.
torch::Tensor target(Parameterization parameterization,
                     const torch::Tensor& x0,
                     const torch::Tensor& noise,
                     double alpha,
                     double sigma);
torch::Tensor target(Parameterization parameterization,
                     const torch::Tensor& x0,
                     const torch::Tensor& noise,
                     const torch::Tensor& alpha,
                     const torch::Tensor& sigma);

/// The clean picture that `output` implies. kEpsilon needs alpha > 0 (pure noise says nothing about
/// x0): kInvalidInput for alpha == 0 as a double; the tensor form divides.
torch::Tensor to_x0(Parameterization parameterization,
                    const torch::Tensor& output,
                    const torch::Tensor& x_t,
                    double alpha,
                    double sigma);
torch::Tensor to_x0(Parameterization parameterization,
                    const torch::Tensor& output,
                    const torch::Tensor& x_t,
                    const torch::Tensor& alpha,
                    const torch::Tensor& sigma);

/// The noise that x0 leaves in x_t, (x_t - alpha * x0) / sigma; sigma > 0.
torch::Tensor to_noise(const torch::Tensor& x0,
                       const torch::Tensor& x_t,
                       double alpha,
                       double sigma);

}  // namespace lienzo::diffusion
