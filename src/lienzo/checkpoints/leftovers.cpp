#include "lienzo/checkpoints/leftovers.h"

#include <algorithm>
#include <array>

namespace lienzo::checkpoints {
namespace {

// Buffers of DDPM and LatentDiffusion (CompVis/stable-diffusion, ldm/models/diffusion/ddpm.py) and
// of the denoisers of Stability-AI/generative-models; marks that say how a model was trained.
constexpr std::array<std::string_view, 22> kNames = {"alphas_cumprod",
                                                     "alphas_cumprod_prev",
                                                     "betas",
                                                     "denoiser.log_sigmas",
                                                     "denoiser.sigmas",
                                                     "global_step",
                                                     "log_one_minus_alphas_cumprod",
                                                     "logvar",
                                                     "lvlb_weights",
                                                     "posterior_log_variance_clipped",
                                                     "posterior_mean_coef1",
                                                     "posterior_mean_coef2",
                                                     "posterior_variance",
                                                     "scale_factor",
                                                     "sqrt_alphas_cumprod",
                                                     "sqrt_one_minus_alphas_cumprod",
                                                     "sqrt_recip_alphas_cumprod",
                                                     "sqrt_recipm1_alphas_cumprod",
                                                     "v_pred",
                                                     "ztsnr",
                                                     "logit_scale",
                                                     "attn_mask"};

constexpr std::array<std::string_view, 8> kBeginnings = {
    "model_ema.",                    // averaged weights, beside those in use
    "first_stage_model.loss.",       // discriminator and LPIPS of the autoencoder's training
    "first_stage_model.model_ema.",  //
    "loss.",                         // the same in a file of the autoencoder alone
    "cond_stage_model.model.visual.",
    "conditioner.embedders.0.model.visual.",
    "vision_model.",  // CLIP whole, in transformers
    "visual_projection.",
};

constexpr std::array<std::string_view, 3> kEndings = {
    ".position_ids",  // 0, 1, 2... of transformers before v4.31
    ".logit_scale",   // the temperature of CLIP's loss
    ".attn_mask",     // OpenCLIP's causal mask
};

}  // namespace

bool is_leftover(std::string_view name) {
  const auto begins = [&](std::string_view text) { return name.starts_with(text); };
  const auto ends = [&](std::string_view text) { return name.ends_with(text); };
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         std::any_of(kBeginnings.begin(), kBeginnings.end(), begins) ||
         std::any_of(kEndings.begin(), kEndings.end(), ends);
}

}  // namespace lienzo::checkpoints
