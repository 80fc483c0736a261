#include "lienzo/evaluation/detector.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/evaluation/placement.h"
#include "lienzo/evaluation/read_word.h"
#include "lienzo/evaluation/second_look.h"
#include "lienzo/image/resize.h"
#include "lienzo/models/checker.h"
#include "lienzo/tensor/image_tensor.h"
#include "lienzo/weights/load_module.h"

namespace lienzo::evaluation {
namespace {

namespace world = datasets::world;

constexpr double kThreshold = 0.12;   // doubtful objects are drawn before they are believed
constexpr double kSureShape = 0.85;   // score; below it any shape is worth a look
constexpr double kHeightDoubt = 0.5;  // units by which an elevation may be wrong
constexpr float kPossible = 0.03;     // probability of a colour or material that is worth a look
constexpr double kLeastLikeness =
    0.3;  // of a word; below it the board is taken for empty or unreadable

world::Box box_of(const models::CheckerPeak& peak) {
  return {peak.centre_x - peak.width / 2,
          peak.centre_y - peak.height / 2,
          peak.centre_x + peak.width / 2,
          peak.centre_y + peak.height / 2};
}

Sighting sighting_of(const models::CheckerPeak& peak) {
  return {.shape = static_cast<world::Shape>(peak.group / world::kSizes),
          .size = static_cast<world::Size>(peak.group % world::kSizes),
          .colour = static_cast<world::Colour>(peak.colour),
          .material = static_cast<world::Material>(peak.material),
          .box = box_of(peak),
          .elevation = peak.elevation,
          .score = peak.score};
}

// Everything else that an object may be: other colours and materials, what its rivals say, any
// other shape where the network is in doubt, and other heights that it could stand at.
std::vector<world::Object> alternatives_of(const models::CheckerPeak& peak,
                                           const world::Object& object,
                                           const std::vector<Detection>& all) {
  std::vector<world::Object> alternatives;
  const auto add = [&](const world::Object& other) {
    if (!(other == object)) alternatives.push_back(other);
  };
  const auto add_looks = [&](const models::CheckerPeak& from, const world::Object& solid) {
    for (size_t c = 0; c < from.colours.size(); ++c) {
      for (size_t m = 0; m < from.materials.size(); ++m) {
        if (from.colours[c] < kPossible || from.materials[m] < kPossible) continue;
        if (solid.shape == world::Shape::kSign && m > 0) continue;
        world::Object other = solid;
        other.colour = static_cast<world::Colour>(c);
        other.material = static_cast<world::Material>(m);
        add(other);
      }
    }
  };
  add_looks(peak, object);
  std::vector<int> heights = {0};
  for (const Detection& detection : all) {
    if (detection.object == object) continue;
    const std::vector<int> more = heights_over(detection.object, object);
    heights.insert(heights.end(), more.begin(), more.end());
  }
  for (const int height : heights) {
    if (std::abs(height - peak.elevation * world::kUnit) > kHeightDoubt * world::kUnit) continue;
    world::Object other = object;
    other.elevation = std::clamp(height, 0, world::kMaxElevation);
    other.z = depth_at(other, box_of(peak));
    add(other);
  }
  // A sign is never mistaken for a solid, and its word would have to be read again.
  if (object.shape == world::Shape::kSign) return alternatives;
  for (const models::CheckerPeak& rival : peak.rivals) {
    world::Object other = place({sighting_of(rival)}).front().object;
    if (other.shape == world::Shape::kSign) continue;
    other.elevation = object.elevation;
    other.z = depth_at(other, box_of(rival));
    add_looks(rival, other);
  }
  if (peak.score >= kSureShape) return alternatives;
  for (int shape = 0; shape < world::kShapes; ++shape) {
    world::Object other = object;
    other.shape = static_cast<world::Shape>(shape);
    if (other.shape == world::Shape::kSign) continue;
    const bool turns = other.shape == world::Shape::kCube || other.shape == world::Shape::kPyramid;
    for (other.yaw = 0; other.yaw < (turns ? world::kYaws : 1); ++other.yaw) {
      other.z = depth_at(other, box_of(peak));
      add(other);
    }
  }
  return alternatives;
}

}  // namespace

struct Checker::Network {
  models::Checker checker{nullptr};
};

Checker::Checker(std::unique_ptr<Network> network) : network_(std::move(network)) {}
Checker::~Checker() = default;
Checker::Checker(Checker&&) noexcept = default;
Checker& Checker::operator=(Checker&&) noexcept = default;

datasets::world::Scene scene_of(const SceneReading& reading) {
  world::Scene scene;
  scene.background = reading.background;
  for (const Detection& detection : reading.detections) scene.objects.push_back(detection.object);
  return scene;
}

SceneReading reading_of(const datasets::world::Scene& scene) {
  SceneReading reading;
  reading.background = scene.background;
  for (const world::Object& object : scene.objects)
    reading.detections.push_back({object, world::picture_box(object), 1});
  return reading;
}

Checker Checker::load(const std::filesystem::path& path) {
  const std::filesystem::path file =
      std::filesystem::is_directory(path) ? path / "checker.safetensors" : path;
  auto network = std::make_unique<Network>();
  network->checker = weights::load_module<models::Checker, models::CheckerConfig>(file);
  const models::CheckerConfig& config = network->checker->config();
  if (config.groups != world::kShapes * world::kSizes || config.colours != world::kColours ||
      config.materials != world::kMaterials || config.backgrounds != world::kBackgrounds) {
    throw Error(ErrorKind::kCorrupt,
                fmt::format("[checker] {} knows another world; train it again", file.string()));
  }
  return Checker(std::move(network));
}

SceneReading Checker::read(const image::Image& picture) const {
  if (picture.width < 1 || picture.width != picture.height) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format(
            "[checker] picture, got {} x {}, expected a square", picture.width, picture.height));
  }
  models::Checker& checker = network_->checker;
  const auto side = static_cast<int>(checker->config().picture);
  const image::Image rgb = image::to_rgb(picture);
  const torch::Tensor pixels =
      tensor::to_tensor(rgb.width == side ? rgb : image::resize(rgb, side, side));
  const models::CheckerReading raw =
      checker->read(pixels.contiguous(torch::MemoryFormat::ChannelsLast), kThreshold).front();
  std::vector<Sighting> sightings;
  for (const models::CheckerPeak& peak : raw.peaks) sightings.push_back(sighting_of(peak));
  SceneReading reading;
  reading.background = static_cast<world::Background>(raw.background);
  reading.detections = place(sightings);
  for (Detection& detection : reading.detections) {
    if (detection.object.shape == world::Shape::kSign) {
      const WordReading word =
          read_word(rgb.width == 256 ? rgb : image::resize(rgb, 256, 256), detection.object);
      detection.object.word = word.likeness >= kLeastLikeness ? word.word : "";
    }
  }
  std::vector<std::vector<world::Object>> alternatives;
  for (size_t i = 0; i < raw.peaks.size(); ++i) {
    alternatives.push_back(
        alternatives_of(raw.peaks[i], reading.detections[i].object, reading.detections));
  }
  second_look(rgb, std::move(alternatives), reading);
  return reading;
}

}  // namespace lienzo::evaluation
