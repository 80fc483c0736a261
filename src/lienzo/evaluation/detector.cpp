#include "lienzo/evaluation/detector.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <optional>
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

constexpr double kThreshold = 0.5;    // score of an object that is taken to be there at first
constexpr double kWorthALook = 0.04;  // score of one that the second look may find to be there
constexpr size_t kMostSpare = 8;      // such objects
constexpr int kWordSide = 256;        // pixels of the picture that words are read in
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

void read_words(const image::Image& picture, std::vector<Detection>& found) {
  std::optional<image::Image> legible;
  for (Detection& detection : found) {
    if (detection.object.shape != world::Shape::kSign) continue;
    if (!legible)
      legible = picture.width == kWordSide ? picture : image::resize(picture, kWordSide, kWordSide);
    const WordReading word = read_word(*legible, detection.object);
    detection.object.word = word.likeness >= kLeastLikeness ? word.word : "";
  }
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
      config.materials != world::kMaterials) {
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
      checker->read(pixels.contiguous(torch::MemoryFormat::ChannelsLast), kWorthALook).front();
  std::vector<Sighting> sightings;
  for (const models::CheckerPeak& peak : raw.peaks) sightings.push_back(sighting_of(peak));
  std::vector<Detection> found = place(sightings);
  read_words(rgb, found);  // before the second look, which draws them
  SceneReading reading;
  std::vector<Detection> spare;
  for (size_t i = 0; i < found.size(); ++i) {
    (found[i].score >= kThreshold ? reading.detections : spare).push_back(found[i]);
    for (const models::CheckerPeak& rival : raw.peaks[i].rivals)
      spare.push_back(place({sighting_of(rival)}).front());
  }
  std::erase_if(spare, [](const Detection& detection) {
    return detection.object.shape == world::Shape::kSign;  // never mistaken for a solid
  });
  std::stable_sort(spare.begin(), spare.end(), [](const Detection& a, const Detection& b) {
    return a.score > b.score;
  });
  if (spare.size() > kMostSpare) spare.resize(kMostSpare);
  second_look(rgb, spare, reading);
  return reading;
}

}  // namespace lienzo::evaluation
