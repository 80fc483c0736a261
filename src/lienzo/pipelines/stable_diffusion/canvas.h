#pragma once

#include <optional>

#include "lienzo/image/image.h"
#include "lienzo/image/mask.h"
#include "lienzo/pipelines/stable_diffusion/request.h"

/// What happens to pixels before and after the networks: sizes, masks, and putting the new part
/// back into the old picture.
namespace lienzo::pipelines {

/// The picture that the networks work on, and the way back.
struct Canvas {
  int width = 0, height = 0;  // what the networks work on, multiples of the autoencoder's factor
  int cut_width = 0, cut_height = 0;    // what is kept of that, from the top left corner
  std::optional<image::Image> picture;  // RGB, of the working size
  std::optional<image::Image> mask;     // one channel, of the working size: 255 or 0
  // With a mask:
  std::optional<image::Image> original;   // RGB, of the result's size
  std::optional<image::Image> soft_mask;  // one channel, of the original's size
  image::Rect area;                       // of the original that was worked on
};

/// Throws kInvalidInput for a mask without a white pixel.
Canvas make_canvas(const StableDiffusionRequest& request,
                   int own_width,
                   int own_height,
                   int64_t factor);

/// The finished picture from what the networks made of the canvas.
image::Image finish_canvas(const Canvas& canvas, const image::Image& made);

}  // namespace lienzo::pipelines
