#pragma once

#include <cmath>
#include <numbers>

#include "lienzo/datasets/world/scene.h"

/// The camera and the measures that the renderer, the layout and the boxes share.
namespace lienzo::datasets::world {

inline constexpr double kSinPitch = 0.5;  // the camera looks down by 30 degrees
inline constexpr double kCosPitch = 0.8660254037844386;
inline constexpr double kFrame = 4.0;          // units from edge to edge of the picture
inline constexpr double kFrameBottom = -0.55;  // screen height of the lower edge
inline constexpr double kHorizon = 2.0;        // screen height where the ground ends
inline constexpr double kYawStep = std::numbers::pi / 8;
inline constexpr double kSignHalfDepth = 0.05;

/// How far the shadow of something one unit higher falls on the ground: the light comes from the
/// left and the front.
inline constexpr double kShadowRight = 0.5 / 0.9;
inline constexpr double kShadowBack = 0.45 / 0.9;
/// Half the width of a shadow's edge, per unit of height of what casts it.
inline constexpr double kPenumbra = 0.11;

/// Screen height (units, upwards) of a point at height y and distance z.
inline double screen_up(double y, double z) { return y * kCosPitch + z * kSinPitch; }
inline double to_picture_x(double x) { return x / kFrame + 0.5; }
inline double to_picture_y(double up) { return 1.0 - (up - kFrameBottom) / kFrame; }

/// Half a side, or the radius, of a solid before it is turned.
double half_side(const Object& object);
/// Radius of a ring's tube.
double ring_tube(const Object& object);

/// A sign is a board on a post; letters stand in equal cells centred on the board.
struct SignGeometry {
  double cell = 0;          // width of a letter's cell
  double half_width = 0;    // of the board
  double board_bottom = 0;  // above the base
  double board_top = 0;
  double letter_height = 0;
};
SignGeometry sign_geometry(const Object& object);

}  // namespace lienzo::datasets::world
