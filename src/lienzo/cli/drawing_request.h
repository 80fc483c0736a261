#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lienzo/cli/imagine.h"
#include "lienzo/cli/size.h"
#include "lienzo/pipelines/stable_diffusion/stable_diffusion.h"
#include "lienzo/provenance/record.h"

namespace lienzo::cli {

/// What is typed goes before what the record of --like says, and that before what the model does by
/// itself. Pictures and masks are left to the caller. Throws Error(kInvalidInput) for values that
/// are none, and for a record whose settings are not what this version writes.
pipelines::StableDiffusionRequest plan_drawing(const ImagineOptions& options,
                                               const std::optional<provenance::Record>& record,
                                               uint64_t new_seed);

/// How the masked part is painted anew, with the same precedence. The mask is left to the caller.
/// Throws Error(kInvalidInput) for a record whose settings are not what this version writes.
pipelines::InpaintOptions plan_inpainting(const DrawOptions& draw,
                                          const std::optional<provenance::Record>& record);

/// What was typed and has no effect, a sentence for each.
std::vector<std::string> idle_options(const ImagineOptions& options,
                                      const pipelines::StableDiffusionRequest& request,
                                      const pipelines::StableDiffusionFacts& model);

/// Gives `request` a picture to start from, and a mask, used as typed or as the record says. Its
/// size is what was typed, else that of the record where `picture` has the size of the picture
/// that was drawn on there, else that of `picture`.
void plan_picture(const ImagineOptions& options,
                  const std::optional<provenance::Record>& record,
                  image::Image picture,
                  std::optional<image::Image> mask,
                  pipelines::StableDiffusionRequest& request);

/// How to load the model: as typed, else as the record says.
pipelines::StableDiffusionOptions plan_loading(const ImagineOptions& options,
                                               const std::optional<provenance::Record>& record);

}  // namespace lienzo::cli
