#pragma once

#include <memory>

#include "lienzo/training/recipe.h"
#include "lienzo/training/task.h"

namespace lienzo::training {

/// kind = "captioned-pictures": words -> pictures by cross-attention, from a folder of pictures
/// with captions or from the small world without its scenes. The denoiser is the class that draws
/// scenes; its text encoder is learned along. Writes what pipelines/captioned_model.h reads.
std::unique_ptr<Task> make_captioned_task(const Recipe& recipe);

}  // namespace lienzo::training
