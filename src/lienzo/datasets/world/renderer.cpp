#include "lienzo/datasets/world/renderer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "lienzo/base/error.h"
#include "lienzo/datasets/world/backdrop.h"
#include "lienzo/datasets/world/geometry.h"
#include "lienzo/datasets/world/glyphs.h"
#include "lienzo/datasets/world/solids.h"

namespace lienzo::datasets::world {
namespace {

constexpr std::array<Vec3, kColours> kPalette = {{
    {0.86f, 0.12f, 0.12f},  // red
    {0.13f, 0.62f, 0.22f},  // green
    {0.12f, 0.30f, 0.86f},  // blue
    {0.97f, 0.84f, 0.10f},  // yellow
    {0.98f, 0.50f, 0.05f},  // orange
    {0.52f, 0.18f, 0.72f},  // purple
    {0.98f, 0.52f, 0.72f},  // pink
    {0.45f, 0.25f, 0.11f},  // brown
    {0.96f, 0.96f, 0.95f},  // white
    {0.52f, 0.53f, 0.55f},  // grey
    {0.07f, 0.07f, 0.08f},  // black
}};

const Vec3 kToLight =
    normalised({-static_cast<float>(kShadowRight), 1.0f, -static_cast<float>(kShadowBack)});
constexpr float kShadowStrength = 0.62f;
constexpr int kShadowSlices = 9;
constexpr int kEdgeSamples = 4;  // per side of a pixel that an edge crosses
constexpr int kMaxLayers = 6;    // sheets of glass that one ray may cross

struct Thing {
  Solid solid;
  const Object* object = nullptr;
  Vec3 colour;
  Vec3 ink;  // letters on a sign
};

struct Sample {
  Vec3 colour;
  uint32_t key = 0;  // changes where an edge must be smoothed
};

class Renderer {
 public:
  Renderer(const Scene& scene, int size)
      : scene_(scene),
        light_(lighting(scene.background)),
        pixel_(static_cast<float>(kFrame) / static_cast<float>(size)),
        size_(size) {
    for (const Object& object : scene.objects) {
      Thing thing{make_solid(object), &object, kPalette[static_cast<size_t>(object.colour)], {}};
      const float luminance = dot(thing.colour, {0.30f, 0.59f, 0.11f});
      thing.ink = luminance > 0.5f ? Vec3{0.05f, 0.05f, 0.07f} : Vec3{0.98f, 0.98f, 0.96f};
      things_.push_back(thing);
    }
  }

  image::Image draw(int left, int top, int width, int height, Edges edges) const {
    std::vector<Sample> samples(static_cast<size_t>(width) * height);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        samples[static_cast<size_t>(y) * width + x] =
            sample(static_cast<float>(left + x) + 0.5f, static_cast<float>(top + y) + 0.5f);
      }
    }
    image::Image picture(width, height, 3);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const Sample& here = samples[static_cast<size_t>(y) * width + x];
        const auto differs = [&](int nx, int ny) {
          return nx >= 0 && ny >= 0 && nx < width && ny < height &&
                 samples[static_cast<size_t>(ny) * width + nx].key != here.key;
        };
        const bool edge = edges == Edges::kSmooth && (differs(x - 1, y) || differs(x + 1, y) ||
                                                      differs(x, y - 1) || differs(x, y + 1));
        store(picture.at(x, y), edge ? supersample(left + x, top + y) : here.colour);
      }
    }
    return picture;
  }

 private:
  Vec3 supersample(int x, int y) const {
    Vec3 sum;
    for (int j = 0; j < kEdgeSamples; ++j) {
      for (int i = 0; i < kEdgeSamples; ++i) {
        sum = sum + sample(static_cast<float>(x) + (static_cast<float>(i) + 0.5f) / kEdgeSamples,
                           static_cast<float>(y) + (static_cast<float>(j) + 0.5f) / kEdgeSamples)
                        .colour;
      }
    }
    return sum * (1.0f / (kEdgeSamples * kEdgeSamples));
  }

  static void store(uint8_t* out, Vec3 colour) {
    const std::array<float, 3> channels = {colour.x, colour.y, colour.z};
    for (int c = 0; c < 3; ++c)
      out[c] = static_cast<uint8_t>(std::lround(clamp01(channels[c]) * 255.0f));
  }

  // Position in pixels -> colour.
  Sample sample(float px, float py) const {
    const float x = (px / static_cast<float>(size_) - 0.5f) * static_cast<float>(kFrame);
    const float up = (1 - py / static_cast<float>(size_)) * static_cast<float>(kFrame) +
                     static_cast<float>(kFrameBottom);
    // The ray starts far in front of everything.
    const Vec3 on_screen = {
        x, up * static_cast<float>(kCosPitch), up * static_cast<float>(kSinPitch)};
    const Vec3 origin = on_screen - view_direction() * 20.0f;
    Sample result;
    result.colour = trace(origin, x, up, 0.0f, 0, result.key);
    return result;
  }

  Vec3 trace(Vec3 origin, float x, float up, float beyond, int layer, uint32_t& key) const {
    const Thing* nearest = nullptr;
    Hit hit;
    for (const Thing& thing : things_) {
      if (x < thing.solid.left || x > thing.solid.right || up < thing.solid.bottom ||
          up > thing.solid.top)
        continue;
      const auto found = intersect(thing.solid, origin, beyond);
      if (found && (!nearest || found->distance < hit.distance)) {
        nearest = &thing;
        hit = *found;
      }
    }
    if (!nearest) {
      key = key * 31 + (up > static_cast<float>(kHorizon) ? 1 : 2);
      return backdrop(x, up);
    }
    key = key * 31 + 3 + static_cast<uint32_t>(nearest - things_.data()) * 8 + face(hit.normal);
    const Vec3 point = origin + view_direction() * hit.distance;
    if (nearest->object->material == Material::kGlass && layer < kMaxLayers) {
      const Vec3 behind = trace(origin, x, up, hit.distance + 1e-3f, layer + 1, key);
      return glass(*nearest, hit, behind);
    }
    return opaque(*nearest, hit, point);
  }

  // Faces of flat solids differ in key, so that the edge between them is smoothed.
  static uint32_t face(Vec3 n) {
    return (n.y > 0.9f ? 1u : 0u) + (n.x > 0.3f ? 2u : 0u) + (n.y < -0.9f ? 4u : 0u);
  }

  Vec3 backdrop(float x, float up) const {
    if (up > static_cast<float>(kHorizon))
      return sky_colour(scene_.background, scene_.variant, x, up, pixel_);
    const float z = up / static_cast<float>(kSinPitch);  // ground: y = 0
    return ground_colour(scene_.background, x, z) *
           (1 - kShadowStrength * shadow({x, 0, z}, nullptr));
  }

  Vec3 opaque(const Thing& thing, const Hit& hit, Vec3 point) const {
    const Vec3 n = dot(hit.normal, view_direction()) > 0 ? hit.normal * -1.0f : hit.normal;
    Vec3 albedo = thing.colour;
    if (thing.object->shape == Shape::kSign && n.z < -0.5f)
      albedo = mix(albedo, thing.ink, ink(thing, point));
    const float facing = std::max(0.0f, dot(n, kToLight));
    const float lit = facing > 0 ? facing * (1 - shadow(point, &thing)) : 0;
    const float sky = 0.5f + 0.5f * n.y;
    const Vec3 half = normalised(kToLight - view_direction());
    const float shine = std::max(0.0f, dot(n, half));
    if (thing.object->material == Material::kMetal) {
      const Vec3 mirrored = view_direction() - n * (2 * dot(n, view_direction()));
      const float band = smoothstep(-0.12f, 0.12f, mirrored.y);
      const Vec3 world =
          mix(light_.ground * 0.45f, light_.sky * (0.75f + 0.45f * clamp01(mirrored.y)), band);
      const Vec3 tint = mix(albedo, {1, 1, 1}, 0.12f);
      return tint * world * (0.75f + 0.45f * lit) +
             light_.sun * (1.1f * std::pow(shine, 60.0f) * (lit > 0 ? 1.0f : 0.3f)) +
             albedo * 0.06f;
    }
    const Vec3 diffuse =
        albedo * (light_.ambient * (0.80f + 0.34f * sky) + light_.sun * (0.88f * lit));
    return diffuse + light_.sun * (0.10f * std::pow(shine, 14.0f)) +
           light_.sky * (0.025f + 0.05f * (1 - std::abs(dot(n, view_direction()))));
  }

  Vec3 glass(const Thing& thing, const Hit& hit, Vec3 behind) const {
    const float facing = std::abs(dot(hit.normal, view_direction()));
    const float rim = std::pow(1 - facing, 2.0f);
    const bool front = dot(hit.normal, view_direction()) < 0;
    const Vec3 tint = mix({1, 1, 1}, mix(thing.colour, {1, 1, 1}, 0.10f), 0.60f);
    const Vec3 body = thing.colour * (light_.ambient + light_.sun * 0.5f);
    Vec3 colour = mix(behind * tint, body, front ? 0.13f + 0.40f * rim : 0.07f + 0.20f * rim);
    if (front) {
      const Vec3 half = normalised(kToLight - view_direction());
      const float shine = std::max(0.0f, dot(hit.normal, half));
      colour = mix(colour, light_.sky, 0.05f + 0.22f * rim) +
               light_.sun * (1.2f * std::pow(shine, 90.0f));
    }
    return colour;
  }

  // How much of a sign's letters covers the pixel at `point` (0..1).
  float ink(const Thing& thing, Vec3 point) const {
    const SignGeometry sign = sign_geometry(*thing.object);
    const auto cell = static_cast<float>(sign.cell),
               height = static_cast<float>(sign.letter_height);
    const auto count = static_cast<float>(thing.object->word.size());
    const float along = point.x - thing.solid.base.x + cell * count / 2;
    const int letter = static_cast<int>(std::floor(along / cell));
    if (letter < 0 || letter >= static_cast<int>(thing.object->word.size())) return 0;
    const float middle =
        thing.solid.base.y + static_cast<float>(sign.board_bottom + sign.board_top) / 2;
    const float v = (middle + height / 2 - point.y) / height;
    const float u = (along - (static_cast<float>(letter) + 0.5f) * cell) / height + kGlyphWidth / 2;
    if (v < -0.15f || v > 1.15f) return 0;
    const size_t glyph = kLetters.find(thing.object->word[static_cast<size_t>(letter)]);
    const float distance = glyph_distance(static_cast<int>(glyph), u, v);
    const float soft = 0.6f * pixel_ / height;
    return 1 - smoothstep(kStrokeHalfWidth - soft, kStrokeHalfWidth + soft, distance);
  }

  // Share of the sun that does not reach `point` (0..1). Follows the ray to the light through
  // horizontal slices of each object; the penumbra widens with the height of what casts it.
  float shadow(Vec3 point, const Thing* self) const {
    float dark = 0;
    for (const Thing& thing : things_) {
      const Solid& s = thing.solid;
      if (&thing == self || s.base.y + s.height <= point.y + 1e-3f) continue;
      const float low = std::max(s.base.y, point.y), high = s.base.y + s.height;
      const float reach = std::max(s.half, 0.1f) * 1.45f + 0.12f;
      const float far = (high - point.y) / kToLight.y;
      const float dx = point.x - s.base.x, dz = point.z - s.base.z;
      if (dx < -reach || dz < -reach) continue;  // light comes from the left and the front
      if (dx + kToLight.x * far > reach || dz + kToLight.z * far > reach) continue;
      const float strength = thing.object->material == Material::kGlass ? 0.35f : 1.0f;
      for (int slice = 0; slice < kShadowSlices; ++slice) {
        const float y = low + (high - low) * (static_cast<float>(slice) + 0.5f) / kShadowSlices;
        const float t = (y - point.y) / kToLight.y;
        const float softness = 0.03f + static_cast<float>(kPenumbra) * (y - point.y);
        const float gap = cross_section(s, point.x + kToLight.x * t, y, point.z + kToLight.z * t);
        dark = std::max(dark, strength * (1 - smoothstep(-softness, softness, gap)));
        if (dark >= 1) return dark;  // no darker than that
      }
    }
    return dark;
  }

  const Scene& scene_;
  const Lighting& light_;
  float pixel_;
  int size_;
  std::vector<Thing> things_;
};

}  // namespace

image::Image render(const Scene& scene, int size) {
  return render_part(scene, size, 0, 0, size, size);
}

image::Image render_part(
    const Scene& scene, int size, int left, int top, int width, int height, Edges edges) {
  if (size < 8 || size > 512) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[render] size is {}, expected 8 to 512 pixels", size));
  }
  if (left < 0 || top < 0 || width < 1 || height < 1 || left + width > size ||
      top + height > size) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[render] part {}x{} at ({}, {}) is not inside a picture of {} pixels",
                            width,
                            height,
                            left,
                            top,
                            size));
  }
  return Renderer(scene, size).draw(left, top, width, height, edges);
}

}  // namespace lienzo::datasets::world
