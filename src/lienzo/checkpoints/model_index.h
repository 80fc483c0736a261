#pragma once

#include "lienzo/base/json.h"
#include "lienzo/checkpoints/checkpoint.h"

namespace lienzo::checkpoints {

/// The model_index.json of a folder with the parts and tokenizers of `model`.
Json model_index(const Checkpoint& model);

/// The scheduler_config.json of `model`: its own, or where it has none that of the published models
/// of its family; with the prediction that `model` says in either case.
Json scheduler_config(const Checkpoint& model);

}  // namespace lienzo::checkpoints
