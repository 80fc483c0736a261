#include "lienzo/datasets/world/backdrop.h"

#include <array>
#include <cmath>

#include "lienzo/datasets/world/geometry.h"
#include "lienzo/datasets/world/vec3.h"

namespace lienzo::datasets::world {
namespace {

constexpr auto kHorizonUp = static_cast<float>(kHorizon);

// A soft-edged disc; its place depends on the variant.
float disc(float x, float up, float cx, float cy, float radius, float pixel) {
  return 1 - smoothstep(radius - pixel, radius + pixel, length(x - cx, up - cy));
}

float variant_x(int variant) { return -1.35f + 0.9f * static_cast<float>(variant); }

float cloud(float x, float up, float cx, float cy) {
  const float a = length((x - cx) / 0.50f, (up - cy) / 0.16f);
  const float b = length((x - cx - 0.12f) / 0.24f, (up - cy - 0.11f) / 0.17f);
  return 1 - smoothstep(0.75f, 1.0f, std::min(a, b));
}

// Bands of a brick wall or of planks: 1 in a joint, 0 elsewhere.
float joint(float value, float period, float half_width, float pixel) {
  const float offset = std::abs(value / period - std::floor(value / period + 0.5f)) * period;
  return 1 - smoothstep(half_width, half_width + std::max(pixel, 0.015f), offset);
}

Vec3 brick(float x, float up, int variant, float pixel) {
  constexpr float kRow = 0.30f, kBrick = 0.66f;
  const float row = std::floor(up / kRow);
  const float shift = (std::fmod(std::abs(row), 2.0f) < 0.5f ? 0.0f : kBrick / 2) +
                      0.16f * static_cast<float>(variant);
  const float mortar =
      std::max(joint(up + kRow / 2, kRow, 0.012f, pixel), joint(x + shift, kBrick, 0.012f, pixel));
  return mix({0.72f, 0.45f, 0.37f}, {0.83f, 0.78f, 0.72f}, mortar);
}

}  // namespace

const Lighting& lighting(Background background) {
  static constexpr std::array<Lighting, kBackgrounds> kTable = {{
      {{0.46f, 0.48f, 0.52f},
       {0.62f, 0.60f, 0.55f},
       {0.72f, 0.86f, 1.0f},
       {0.55f, 0.54f, 0.52f}},  // day
      {{0.36f, 0.39f, 0.50f},
       {0.40f, 0.43f, 0.52f},
       {0.30f, 0.36f, 0.58f},
       {0.12f, 0.14f, 0.24f}},  // night
      {{0.46f, 0.40f, 0.42f},
       {0.62f, 0.48f, 0.36f},
       {1.0f, 0.66f, 0.42f},
       {0.36f, 0.26f, 0.30f}},  // sunset
      {{0.48f, 0.47f, 0.44f},
       {0.60f, 0.58f, 0.52f},
       {0.80f, 0.90f, 0.98f},
       {0.80f, 0.68f, 0.45f}},  // sand
      {{0.44f, 0.48f, 0.46f},
       {0.62f, 0.60f, 0.54f},
       {0.74f, 0.88f, 1.0f},
       {0.36f, 0.58f, 0.28f}},  // grass
      {{0.44f, 0.48f, 0.52f},
       {0.60f, 0.60f, 0.58f},
       {0.76f, 0.88f, 0.98f},
       {0.18f, 0.46f, 0.62f}},  // water
      {{0.52f, 0.54f, 0.58f},
       {0.52f, 0.52f, 0.52f},
       {0.82f, 0.88f, 0.95f},
       {0.92f, 0.94f, 0.98f}},  // snow
      {{0.46f, 0.45f, 0.44f},
       {0.56f, 0.54f, 0.50f},
       {0.86f, 0.70f, 0.62f},
       {0.50f, 0.48f, 0.46f}},  // wall
      {{0.46f, 0.43f, 0.40f},
       {0.60f, 0.55f, 0.48f},
       {0.50f, 0.44f, 0.38f},
       {0.58f, 0.40f, 0.24f}},  // wood
      {{0.52f, 0.52f, 0.53f},
       {0.54f, 0.54f, 0.53f},
       {0.97f, 0.97f, 0.98f},
       {0.80f, 0.80f, 0.82f}},  // studio
  }};
  return kTable[static_cast<size_t>(background)];
}

Vec3 ground_colour(Background background, float x, float z) {
  const float depth = clamp01((z + 1.0f) / 5.0f);
  switch (background) {
    case Background::kDay: return mix({0.74f, 0.72f, 0.69f}, {0.66f, 0.66f, 0.67f}, depth);
    case Background::kNight: return mix({0.20f, 0.22f, 0.34f}, {0.13f, 0.15f, 0.26f}, depth);
    case Background::kSunset: return mix({0.52f, 0.38f, 0.40f}, {0.42f, 0.28f, 0.36f}, depth);
    case Background::kSand: {
      const float ripple = std::sin(5.0f * z + 0.7f * std::sin(2.2f * x));
      return mix({0.91f, 0.80f, 0.56f}, {0.85f, 0.73f, 0.48f}, 0.5f + 0.5f * ripple);
    }
    case Background::kGrass: {
      const float tuft = std::sin(6.0f * x + 1.5f * std::sin(3.0f * z)) * std::sin(4.0f * z);
      return mix({0.44f, 0.70f, 0.30f}, {0.34f, 0.60f, 0.24f}, 0.5f + 0.5f * tuft);
    }
    case Background::kWater: {
      const float wave = std::sin(4.5f * z + 0.8f * std::sin(2.6f * x + 1.2f * z));
      return mix({0.16f, 0.47f, 0.68f}, {0.30f, 0.64f, 0.80f}, smoothstep(-0.2f, 1.0f, wave));
    }
    case Background::kSnow: {
      const float drift = std::sin(1.8f * x + 1.1f * z) * std::sin(1.3f * z);
      return mix({0.95f, 0.96f, 0.99f}, {0.87f, 0.90f, 0.96f}, 0.5f + 0.5f * drift);
    }
    case Background::kWall: return mix({0.60f, 0.58f, 0.56f}, {0.50f, 0.48f, 0.47f}, depth);
    case Background::kWood: {
      const float plank = joint(x, 0.8f, 0.012f, 0.02f);
      const float grain = 0.5f + 0.5f * std::sin(1.1f * z + 2.5f * std::sin(7.0f * x));
      return mix(
          mix({0.72f, 0.50f, 0.30f}, {0.64f, 0.43f, 0.24f}, grain), {0.38f, 0.24f, 0.13f}, plank);
    }
    case Background::kStudio: return mix({0.90f, 0.90f, 0.91f}, {0.84f, 0.84f, 0.86f}, depth);
  }
  return {};
}

Vec3 sky_colour(Background background, int variant, float x, float up, float pixel) {
  const float height = clamp01((up - kHorizonUp) / 1.45f);
  const float place = variant_x(variant);
  switch (background) {
    case Background::kDay: {
      const Vec3 sky = mix({0.70f, 0.86f, 0.98f}, {0.36f, 0.62f, 0.94f}, height);
      const float white = std::max(cloud(x, up, place, 3.05f),
                                   cloud(x, up, place > 0 ? place - 1.9f : place + 1.9f, 2.60f));
      return mix(sky, {0.99f, 0.99f, 1.0f}, 0.9f * white);
    }
    case Background::kNight: {
      Vec3 sky = mix({0.13f, 0.16f, 0.36f}, {0.04f, 0.05f, 0.17f}, height);
      for (int star = 0; star < 7; ++star) {
        const float sx = -1.75f + 0.58f * static_cast<float>(star);
        const float sy = 2.45f + 0.28f * static_cast<float>((star * 5 + variant) % 4);
        sky = mix(
            sky, {0.95f, 0.95f, 0.85f}, 0.8f * disc(x, up, sx, sy, 0.022f, std::max(pixel, 0.02f)));
      }
      return mix(sky, {0.97f, 0.95f, 0.82f}, disc(x, up, place, 2.95f, 0.24f, pixel));
    }
    case Background::kSunset: {
      const Vec3 sky = mix({0.99f, 0.62f, 0.30f}, {0.46f, 0.30f, 0.58f}, height);
      return mix(sky, {1.0f, 0.90f, 0.52f}, disc(x, up, place, 2.22f, 0.34f, pixel));
    }
    case Background::kSand: {
      const Vec3 sky = mix({0.93f, 0.92f, 0.84f}, {0.56f, 0.80f, 0.95f}, height);
      return mix(sky, {1.0f, 0.95f, 0.62f}, disc(x, up, place, 3.0f, 0.22f, pixel));
    }
    case Background::kGrass: {
      const Vec3 sky = mix({0.80f, 0.91f, 0.99f}, {0.47f, 0.72f, 0.97f}, height);
      const float hill = 0.30f + 0.16f * std::sin(1.5f * x + 1.6f * static_cast<float>(variant));
      return mix({0.30f, 0.53f, 0.28f}, sky, smoothstep(-pixel, pixel, up - kHorizonUp - hill));
    }
    case Background::kWater: {
      const Vec3 sky = mix({0.92f, 0.93f, 0.93f}, {0.64f, 0.80f, 0.92f}, height);
      return mix(sky, {0.98f, 0.98f, 0.99f}, 0.9f * cloud(x, up, place, 2.85f));
    }
    case Background::kSnow: {
      const Vec3 sky = mix({0.83f, 0.88f, 0.94f}, {0.64f, 0.72f, 0.84f}, height);
      const float peak = 0.75f - 0.85f * std::abs(x - place);
      return mix({0.74f, 0.79f, 0.88f}, sky, smoothstep(-pixel, pixel, up - kHorizonUp - peak));
    }
    case Background::kWall: return brick(x, up, variant, pixel);
    case Background::kWood: {
      const Vec3 room = mix({0.40f, 0.36f, 0.33f}, {0.28f, 0.26f, 0.26f}, height);
      return mix(room,
                 {0.95f, 0.88f, 0.66f},
                 0.55f * (1 - smoothstep(0.0f, 0.9f, length(x - place, up - 3.3f))));
    }
    case Background::kStudio: {
      const float spot = 1 - smoothstep(0.0f, 1.8f, length(x - place, up - 2.9f));
      return mix({0.88f, 0.88f, 0.90f}, {0.97f, 0.97f, 0.98f}, spot);
    }
  }
  return {};
}

}  // namespace lienzo::datasets::world
