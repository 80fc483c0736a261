#include "lienzo/datasets/world/scene_map.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lienzo/datasets/world/geometry.h"

namespace lienzo::datasets::world {
namespace {

struct Place {
  double x, y;
};

struct Entry {
  int64_t pixel;
  int32_t layer;  // drawing order within the picture
  int32_t thing;
  float local[4];
};

class MapBuilder {
 public:
  MapBuilder(int resolution) : resolution_(resolution) {}

  void add(const Scene& scene, int64_t picture, const Window& window) {
    int layer = 0;
    const std::vector<int> order = back_to_front(scene);
    for (const int index : order) {
      if (scene.objects[index].elevation > 0)
        add_shadow(scene.objects[index], picture, window, layer++);
    }
    for (const int index : order) {
      const Object& object = scene.objects[index];
      add_object(object, picture, window, layer++);
      if (object.shape == Shape::kSign) add_letters(object, picture, window, layer++);
    }
  }

  std::vector<Entry>& entries() { return entries_; }
  const std::vector<float>& attributes() const { return attributes_; }
  int64_t things() const { return static_cast<int64_t>(attributes_.size()) / kAttributes; }

 private:
  int32_t add_attributes(const Object& object, int glyph, double shadow_height = 0) {
    const size_t start = attributes_.size();
    attributes_.resize(start + kAttributes, 0.0f);
    float* row = attributes_.data() + start;
    const auto set = [&row](int width, int value) {
      if (value >= 0) row[value] = 1.0f;
      row += width;
    };
    set(kShapes, glyph < 0 ? static_cast<int>(object.shape) : -1);
    set(1, glyph < 0 ? -1 : 0);
    set(kColours, shadow_height > 0 ? -1 : static_cast<int>(object.colour));
    set(kMaterials, static_cast<int>(object.material));
    set(kSizes, static_cast<int>(object.size));
    set(kYaws, object.yaw);
    set(static_cast<int>(kLetters.size()), glyph);
    *row = static_cast<float>(shadow_height);
    return static_cast<int32_t>(start / kAttributes);
  }

  void add_object(const Object& object, int64_t picture, const Window& window, int layer) {
    const Box box = picture_box(object);
    add_entries(base_of(object),
                box,
                with_shadow(box, object),
                picture,
                window,
                layer,
                add_attributes(object, -1));
  }

  /// The shadow on the ground of a raised object is that of the same object standing farther from
  /// the light, with softer edges.
  void add_shadow(const Object& object, int64_t picture, const Window& window, int layer) {
    const double height = static_cast<double>(object.elevation) / kUnit;
    const double right = height * kShadowRight / kFrame;
    const double down = height * (kCosPitch - kShadowBack * kSinPitch) / kFrame;
    const double soft = height * kPenumbra / kFrame;
    Box box = picture_box(object);
    box = {box.left + right, box.top + down, box.right + right, box.bottom + down};
    const Box edges = {box.left - soft, box.top - soft, box.right + soft, box.bottom + soft};
    const Place base = base_of(object);
    add_entries({base.x + right, base.y + down},
                box,
                with_shadow(edges, object),
                picture,
                window,
                layer,
                add_attributes(object, -1, height));
  }

  void add_letters(const Object& object, int64_t picture, const Window& window, int layer) {
    const std::vector<Box> boxes = letter_boxes(object);
    for (size_t i = 0; i < boxes.size(); ++i) {
      const int glyph = static_cast<int>(kLetters.find(object.word[i]));
      add_entries(base_of(object),
                  boxes[i],
                  boxes[i],
                  picture,
                  window,
                  layer,
                  add_attributes(object, glyph));
    }
  }

  /// Where the middle of its base is seen, in picture coordinates.
  static Place base_of(const Object& object) {
    return {to_picture_x(static_cast<double>(object.x) / kUnit),
            to_picture_y(screen_up(static_cast<double>(object.elevation) / kUnit,
                                   static_cast<double>(object.z) / kUnit))};
  }

  /// The box with room for the shadow, which falls to the right and to the back.
  static Box with_shadow(const Box& box, const Object& object) {
    const double shadow = 0.6 * extent(object).height / kFrame;
    return {box.left - 0.02, box.top - 0.02, box.right + shadow + 0.02, box.bottom + 0.02};
  }

  void add_entries(Place base,
                   const Box& box,
                   const Box& reach,
                   int64_t picture,
                   const Window& window,
                   int layer,
                   int32_t thing) {
    const double step = window.size / resolution_;
    const auto first = [&](double low, double origin) {
      return std::max(0, static_cast<int>(std::ceil((low - origin) / step - 0.5)));
    };
    const auto last = [&](double high, double origin) {
      return std::min(resolution_ - 1,
                      static_cast<int>(std::ceil((high - origin) / step - 0.5)) - 1);
    };
    for (int y = first(reach.top, window.top); y <= last(reach.bottom, window.top); ++y) {
      const double py = window.top + (y + 0.5) * step;
      for (int x = first(reach.left, window.left); x <= last(reach.right, window.left); ++x) {
        const double px = window.left + (x + 0.5) * step;
        entries_.push_back({(picture * resolution_ + y) * resolution_ + x,
                            layer,
                            thing,
                            {static_cast<float>((px - box.left) / (box.right - box.left) * 2 - 1),
                             static_cast<float>((py - box.top) / (box.bottom - box.top) * 2 - 1),
                             static_cast<float>((px - base.x) * kFrame),
                             static_cast<float>((base.y - py) * kFrame)}});
      }
    }
  }

  int resolution_;
  std::vector<Entry> entries_;
  std::vector<float> attributes_;
};

}  // namespace

tensor::LayeredMap make_scene_map(std::span<const Scene> scenes,
                                  int resolution,
                                  std::span<const Window> windows) {
  MapBuilder builder(resolution);
  for (size_t b = 0; b < scenes.size(); ++b) {
    builder.add(scenes[b],
                static_cast<int64_t>(b),
                windows.empty() ? Window{} : windows[windows.size() == 1 ? 0 : b]);
  }
  std::vector<Entry>& entries = builder.entries();
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.pixel != b.pixel ? a.pixel < b.pixel : a.layer < b.layer;
  });

  // Runs of entries of one pixel, longest first.
  struct Run {
    size_t start, count;
  };
  std::vector<Run> runs;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i == 0 || entries[i].pixel != entries[i - 1].pixel) runs.push_back({i, 0});
    ++runs.back().count;
  }
  std::stable_sort(
      runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.count > b.count; });

  const auto pixels = static_cast<int64_t>(runs.size()),
             count = static_cast<int64_t>(entries.size());
  tensor::LayeredMap map;
  map.batch = static_cast<int64_t>(scenes.size());
  map.resolution = resolution;
  map.pixels = torch::empty({pixels}, torch::kLong);
  map.thing = torch::empty({count}, torch::kLong);
  map.local = torch::empty({count, 4}, torch::kFloat);
  for (size_t i = 0; i < runs.size(); ++i)
    map.pixels.data_ptr<int64_t>()[i] = entries[runs[i].start].pixel;
  auto* thing = map.thing.data_ptr<int64_t>();
  auto* local = map.local.data_ptr<float>();
  size_t active = runs.size();
  for (size_t level = 0; active > 0; ++level) {
    while (active > 0 && runs[active - 1].count <= level) --active;
    if (active == 0) break;
    map.level_sizes.push_back(static_cast<int64_t>(active));
    for (size_t i = 0; i < active; ++i) {
      const Entry& entry = entries[runs[i].start + level];
      *thing++ = entry.thing;
      local = std::copy(entry.local, entry.local + 4, local);
    }
  }
  map.attributes = torch::empty({builder.things(), kAttributes}, torch::kFloat);
  std::copy(
      builder.attributes().begin(), builder.attributes().end(), map.attributes.data_ptr<float>());
  map.backdrop = torch::zeros({map.batch, kBackdropColumns}, torch::kFloat);
  auto* backdrop = map.backdrop.data_ptr<float>();
  for (size_t b = 0; b < scenes.size(); ++b) {
    backdrop[b * kBackdropColumns + static_cast<size_t>(scenes[b].background)] = 1.0f;
    backdrop[b * kBackdropColumns + kBackgrounds + static_cast<size_t>(scenes[b].variant)] = 1.0f;
  }
  return map;
}

}  // namespace lienzo::datasets::world
