#include "lienzo/checkpoints/model_index.h"

namespace lienzo::checkpoints {
namespace {

std::string_view pipeline_class(const Checkpoint& model) {
  if (model.unet && model.unet->config.time_cond_proj_dim > 0)
    return "LatentConsistencyModelPipeline";
  switch (model.family) {
    case Family::kSd1Inpaint:
    case Family::kSd2Inpaint: return "StableDiffusionInpaintPipeline";
    case Family::kSdXl: return "StableDiffusionXLPipeline";
    case Family::kSdXlInpaint: return "StableDiffusionXLInpaintPipeline";
    case Family::kSdXlRefiner: return "StableDiffusionXLImg2ImgPipeline";
    default: return "StableDiffusionPipeline";
  }
}

Json entry(bool there, std::string_view library, std::string_view class_name) {
  if (!there) return Json::array({nullptr, nullptr});
  return Json::array({library, class_name});
}

Json text_encoder_entry(const std::optional<Network<models::ClipTextConfig>>& network) {
  const bool projects = network && network->config.projection_dim > 0;
  return entry(network.has_value(),
               "transformers",
               projects ? "CLIPTextModelWithProjection" : "CLIPTextModel");
}

}  // namespace

Json model_index(const Checkpoint& model) {
  Json index = {{"_class_name", pipeline_class(model)},
                {"_diffusers_version", "0.30.3"},
                {"scheduler", {"diffusers", scheduler_config(model)["_class_name"]}},
                {"text_encoder", text_encoder_entry(model.text_encoder)},
                {"tokenizer", entry(model.tokenizer.has_value(), "transformers", "CLIPTokenizer")},
                {"unet", entry(model.unet.has_value(), "diffusers", "UNet2DConditionModel")},
                {"vae",
                 entry(model.vae || model.taesd,
                       "diffusers",
                       model.vae ? "AutoencoderKL" : "AutoencoderTiny")}};
  if (is_xl(model.family)) {
    index["text_encoder_2"] = text_encoder_entry(model.text_encoder_2);
    index["tokenizer_2"] = entry(model.tokenizer_2.has_value(), "transformers", "CLIPTokenizer");
    index["force_zeros_for_empty_prompt"] = model.force_zeros_for_empty_prompt;
    if (model.family == Family::kSdXlRefiner) index["requires_aesthetics_score"] = true;
  } else {
    index["safety_checker"] = entry(false, "", "");
    index["feature_extractor"] = entry(false, "", "");
  }
  return index;
}

Json scheduler_config(const Checkpoint& model) {
  Json config = model.scheduler;
  if (!config.is_object()) {
    // Stability-AI/generative-models and CompVis/stable-diffusion as huggingface/diffusers v0.30.3
    // reads them, loaders/single_file_utils.py.
    config = {{"_class_name", "PNDMScheduler"},
              {"beta_end", 0.012},
              {"beta_schedule", "scaled_linear"},
              {"beta_start", 0.00085},
              {"clip_sample", false},
              {"num_train_timesteps", 1000},
              {"set_alpha_to_one", false},
              {"skip_prk_steps", true},
              {"steps_offset", 1},
              {"timestep_spacing", "leading"}};
    if (is_xl(model.family)) config["_class_name"] = "EulerDiscreteScheduler";
    if (model.unet && model.unet->config.time_cond_proj_dim > 0)
      config["_class_name"] = "LCMScheduler";
    if (model.zero_terminal_snr) {
      if (!is_xl(model.family)) config["_class_name"] = "DDIMScheduler";
      config["rescale_betas_zero_snr"] = true;
      config["timestep_spacing"] = "trailing";
    }
  }
  config["prediction_type"] = name(model.prediction);
  return config;
}

}  // namespace lienzo::checkpoints
