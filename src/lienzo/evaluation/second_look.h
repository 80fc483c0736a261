#pragma once

#include <vector>

#include "lienzo/evaluation/detector.h"
#include "lienzo/image/image.h"

namespace lienzo::evaluation {

/// Settles what a first reading left in doubt by drawing it (analysis by synthesis): the renderer
/// draws the reading with each of `alternatives[i]` in the place of detection i, and the one most
/// like the picture is believed; a doubtful object that makes the drawing no more like the picture
/// goes. The background is the one most like the picture. Knows nothing but the renderer. `picture`
/// is square RGB; `alternatives` has one entry per detection, empty where there is no doubt.
void second_look(const image::Image& picture,
                 std::vector<std::vector<datasets::world::Object>> alternatives,
                 SceneReading& reading);

}  // namespace lienzo::evaluation
