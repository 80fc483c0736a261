#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lienzo/pipelines/stable_diffusion/stable_diffusion.h"
#include "lienzo/provenance/record.h"

namespace lienzo::cli {

/// The LoRAs to load a model with: those that were typed with --lora ("NAME|FILE[:WEIGHT]"), or
/// else those that the picture of --like was made with and its prompt does not name; then those
/// that the prompt asks for. Names are looked up in the model folder. Throws kNotFound for one that
/// is not there; kInvalidInput for a weight that is none, a LoRA that is both typed and in the
/// prompt, and a file that is not the one that the picture was made with.
std::vector<pipelines::LoraChoice> plan_loras(const std::vector<std::string>& typed,
                                              const std::optional<provenance::Record>& record,
                                              const pipelines::StableDiffusionRequest& request);

/// "LoRA style, weight 0.8".
std::string describe(const pipelines::LoraChoice& lora);

}  // namespace lienzo::cli
