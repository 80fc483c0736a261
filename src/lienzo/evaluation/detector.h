#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "lienzo/datasets/world/scene.h"
#include "lienzo/image/image.h"

namespace lienzo::evaluation {

/// An object that was found in a picture.
struct Detection {
  datasets::world::Object
      object;  // as read, on whole sixteenths; a sign's word is "" when it could not be read
  datasets::world::Box box;  // of the whole object, also of what is hidden
  double score = 0;          // 0..1
};

/// What a picture shows.
struct SceneReading {
  std::vector<Detection> detections;  // most certain first
  datasets::world::Background background = datasets::world::Background::kDay;
};

/// The scene that was read, its objects in the order of the detections. The variant of the
/// background is not read: 0.
datasets::world::Scene scene_of(const SceneReading& reading);

/// A scene as somebody who sees everything would read it.
SceneReading reading_of(const datasets::world::Scene& scene);

/// Finds the objects of a picture of the small world. It knows the renderer only: no generator has
/// a part in it.
class Checker {
 public:
  /// Reads checker.safetensors, `path` being the file or its folder. Throws as
  /// SafetensorsFile::open and load_strict do, and kCorrupt for a file that is no checker of this
  /// world.
  static Checker load(const std::filesystem::path& path);
  ~Checker();
  Checker(Checker&&) noexcept;
  Checker& operator=(Checker&&) noexcept;

  /// Reads a square picture of any size; words on signs are read at 256 x 256 pixels.
  /// Throws kInvalidInput for an empty picture or one that is not square.
  SceneReading read(const image::Image& picture) const;

 private:
  struct Network;
  explicit Checker(std::unique_ptr<Network> network);
  std::unique_ptr<Network> network_;
};

}  // namespace lienzo::evaluation
