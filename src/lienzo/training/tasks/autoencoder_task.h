#pragma once

#include <memory>

#include "lienzo/training/recipe.h"
#include "lienzo/training/task.h"

namespace lienzo::training {

/// kind = "autoencoder": pictures <-> small latents, for diffusion on latents. Writes the
/// config.json and diffusion_pytorch_model.safetensors of a diffusers AutoencoderKL, with the
/// scaling factor measured on its own latents.
std::unique_ptr<Task> make_autoencoder_task(const Recipe& recipe);

}  // namespace lienzo::training
