#pragma once

#include <string>
#include <vector>

#include "lienzo/engine/lora_catalogue.h"
#include "lienzo/engine/model_catalogue.h"
#include "lienzo/pipelines/stable_diffusion/loras.h"
#include "lienzo/service/engine.h"

namespace lienzo::engine {

/// The LoRAs of a request for `model`: those of its list, then those that its prompt asks for.
/// Throws FieldError naming 'loras' or 'prompt': what LoraCatalogue::find and text::split_lora_tags
/// throw, kInvalidInput for one that is in both, kUnsupported for a model that takes none or is of
/// another family than the LoRA.
std::vector<pipelines::LoraChoice> choose_loras(const service::DrawRequest& request,
                                                const Entry& model,
                                                LoraCatalogue& catalogue);

/// A variation without words of its own has those of its picture, and its LoRAs; any other request
/// is as it was.
service::DrawRequest with_recorded_words(const service::DrawRequest& request,
                                         const service::BlobReader& blobs);

/// As clients see them.
std::vector<service::LoraFacts> lora_facts(LoraCatalogue& catalogue);

/// What tells models with LoRAs in them apart: names, weights, and when the files were changed.
std::string pool_key(const std::vector<pipelines::LoraChoice>& loras);

}  // namespace lienzo::engine
