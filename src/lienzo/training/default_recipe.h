#pragma once

#include <filesystem>

#include "lienzo/training/recipe.h"

namespace lienzo::training {

/// What `lienzo train FOLDER` trains: pictures of 64 x 64 pixels from the captions in `folder`,
/// with a modest network, for ten minutes. `text` is the same recipe as TOML, to be kept and
/// changed. Throws what datasets::read_image_folder throws, and kInvalidInput for fewer than two
/// pictures.
Recipe default_captioned_recipe(const std::filesystem::path& folder);

}  // namespace lienzo::training
