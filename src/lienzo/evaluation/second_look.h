#pragma once

#include <vector>

#include "lienzo/evaluation/detector.h"
#include "lienzo/image/image.h"

namespace lienzo::evaluation {

/// Settles what a first reading left in doubt by drawing it (analysis by synthesis; Yuille &
/// Kersten 2006, doi:10.1016/j.tics.2006.05.002): the renderer draws the reading with other looks,
/// solids, heights and places for one object after the other, and what is most like the picture is
/// believed. Objects that make the drawing no more like the picture go; `spare` ones, and solids
/// where the drawing is far from the picture, come if they make it much more so. The background is
/// the one most like the picture. Knows nothing but the renderer. `picture` is square RGB.
void second_look(const image::Image& picture,
                 const std::vector<Detection>& spare,
                 SceneReading& reading);

}  // namespace lienzo::evaluation
