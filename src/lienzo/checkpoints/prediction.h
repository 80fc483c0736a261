#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "lienzo/base/json.h"
#include "lienzo/checkpoints/family.h"
#include "lienzo/weights/tensor_file.h"
#include "lienzo/weights/tensor_index.h"

namespace lienzo::checkpoints {

/// What a U-Net learned to answer (Salimans and Ho 2022, arXiv:2202.00512, appendix D).
enum class Prediction {
  kEpsilon,  // the noise
  kV,        // sqrt(alpha_bar) noise - sqrt(1 - alpha_bar) picture
};

/// "epsilon" or "v_prediction", as scheduler_config.json says it.
std::string_view name(Prediction prediction);
/// The prediction of that name, if there is one; "v" and "eps" are understood as well.
std::optional<Prediction> prediction_from_name(std::string_view name);

/// What the scheduler's configuration says; nothing when it is null or silent. Throws kUnsupported
/// for "sample" and whatever else.
std::optional<Prediction> prediction_of_scheduler(const Json& scheduler, std::string_view where);

/// What a single file says: a tensor or metadata that marks it, the word `parameterization` in a
/// .yaml beside `path` of the same name, and for SD 2 the number of training steps: its 512-pixel
/// base model was published at step 875000 and answers with noise (huggingface/diffusers v0.30.3,
/// single_file_utils.py, _legacy_load_scheduler). All other families answer with noise. Nothing for
/// one of SD 2 that is silent.
std::optional<Prediction> stated_prediction(Family family,
                                            const weights::TensorIndex& index,
                                            const std::filesystem::path& path);

/// For U-Nets of SD 2, under our names: those that answer with v have biases of more than 0.09
/// (deviation) in the norm of their last transformer (Comfy-Org/ComfyUI, comfy/supported_models.py,
/// SD20.model_type). A guess; nothing where that norm is not there.
std::optional<Prediction> prediction_of_weights(const weights::TensorFile& unet);

}  // namespace lienzo::checkpoints
