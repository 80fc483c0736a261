#include "lienzo/training/tasks/checker_task.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/error.h"
#include "lienzo/base/random.h"
#include "lienzo/datasets/world/layout.h"
#include "lienzo/datasets/world/renderer.h"
#include "lienzo/image/draw.h"
#include "lienzo/image/grid.h"
#include "lienzo/image/resize.h"
#include "lienzo/models/checker.h"
#include "lienzo/tensor/image_tensor.h"
#include "lienzo/tensor/noise.h"
#include "lienzo/training/tasks/network_keys.h"
#include "lienzo/training/tasks/validation.h"
#include "lienzo/weights/safetensors.h"
#include "lienzo/weights/save.h"

namespace lienzo::training {
namespace {

namespace world = datasets::world;

constexpr double kSpread = 0.8;  // deviation of a heat map's peak, cells
constexpr double kNeighbourWeight =
    0.25;  // of a place beside the middle, in the losses of attributes

struct CheckerTaskOptions {
  double noise = 0.06;     // largest deviation of the noise on a picture (values -1..1)
  double blurred = 0.3;    // share of the pictures that are seen at a lower resolution
  double contrast = 0.06;  // largest change of contrast, and half of that of brightness
  int64_t validation_pictures = 96;
};

int group_of(const world::Object& object) {
  return static_cast<int>(object.shape) * world::kSizes + static_cast<int>(object.size);
}

models::CheckerConfig network_config(const Recipe& recipe, const Json& json) {
  refuse_network_keys(
      recipe, json, {"groups", "colours", "materials"}, "follows from the small world");
  const std::string where = recipe.source + ": [task.network]";
  models::CheckerConfig config = models::CheckerConfig::from_json(json, where);
  if (config.picture > 512) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format(
            "{} 'picture' is {}, but the world is drawn at 512 at most", where, config.picture));
  }
  config.groups = world::kShapes * world::kSizes;
  config.colours = world::kColours;
  config.materials = world::kMaterials;
  return config;
}

/// What should be found, for the losses. N places.
struct Targets {
  torch::Tensor heat;           // (B, G, n, n)
  std::vector<int64_t> places;  // N x 4: picture, group, row, column
  std::vector<int64_t> labels;  // N x 2: colour, material
  std::vector<float> numbers;   // N x 5, see kPlaceNumbers
  std::vector<float> weights;   // N
};

void add_object(Targets& targets, int64_t picture, const world::Object& object, int64_t cells) {
  const world::Box box = world::picture_box(object);
  const double n = static_cast<double>(cells);
  const double x = (box.left + box.right) / 2 * n, y = (box.top + box.bottom) / 2 * n;
  const auto column = std::clamp<int64_t>(static_cast<int64_t>(x), 0, cells - 1);
  const auto row = std::clamp<int64_t>(static_cast<int64_t>(y), 0, cells - 1);
  auto heat = targets.heat.accessor<float, 4>()[picture][group_of(object)];
  for (int64_t dy = -3; dy <= 3; ++dy) {
    for (int64_t dx = -3; dx <= 3; ++dx) {
      const int64_t r = row + dy, c = column + dx;
      if (r < 0 || c < 0 || r >= cells || c >= cells) continue;
      const double across = static_cast<double>(c) + 0.5 - x,
                   down = static_cast<double>(r) + 0.5 - y;
      const double value = std::exp(-(across * across + down * down) / (2 * kSpread * kSpread));
      heat[r][c] = std::max(heat[r][c],
                            dx == 0 && dy == 0 ? 1.0f : std::min(0.95f, static_cast<float>(value)));
      if (std::abs(dx) + std::abs(dy) > 1) continue;
      targets.places.insert(targets.places.end(), {picture, group_of(object), r, c});
      targets.labels.insert(
          targets.labels.end(),
          {static_cast<int64_t>(object.colour), static_cast<int64_t>(object.material)});
      targets.numbers.insert(targets.numbers.end(),
                             {static_cast<float>(-across),
                              static_cast<float>(-down),
                              static_cast<float>((box.right - box.left) * n),
                              static_cast<float>((box.bottom - box.top) * n),
                              static_cast<float>(object.elevation) / world::kUnit});
      targets.weights.push_back(dx == 0 && dy == 0 ? 1.0f : static_cast<float>(kNeighbourWeight));
    }
  }
}

class CheckerTask : public Task {
 public:
  CheckerTask(const models::CheckerConfig& config,
              const CheckerTaskOptions& options,
              const Recipe& recipe)
      : options_(options), train_(recipe.train), checker_(config) {}

  torch::nn::Module& module() override { return *checker_; }

  Batch make_batch(int64_t step) const override {
    const models::CheckerConfig& config = checker_->config();
    const int64_t batch = train_.batch_size, cells = config.cells();
    const auto size = static_cast<int>(config.picture);
    Targets targets;
    targets.heat = torch::zeros({batch, config.groups, cells, cells});
    std::vector<torch::Tensor> pictures;
    for (int64_t b = 0; b < batch; ++b) {
      const auto index = static_cast<uint64_t>(step * batch + b);
      Random random(static_cast<uint64_t>(train_.seed) + 1, index);
      const world::Scene scene =
          world::sample_example(static_cast<uint64_t>(train_.seed), index, world::Split::kAll)
              .scene;
      image::Image picture = world::render(scene, size);
      if (random.chance(options_.blurred)) {
        const int low = random.integer(size / 2, size - 1);
        picture = image::resize(image::resize(picture, low, low), size, size);
      }
      // Drawn pictures are a little off in every way; the checker must see what they mean all the
      // same.
      const double contrast = 1 + random.uniform(-options_.contrast, options_.contrast);
      const double brightness = random.uniform(-options_.contrast, options_.contrast) / 2;
      tensor::NoiseSource noise({random.bits()});
      const double strength = random.uniform(0, options_.noise);
      pictures.push_back(tensor::to_tensor(picture) * contrast + brightness +
                         noise.normal({3, size, size}) * strength);
      for (const int i : world::back_to_front(scene))
        add_object(targets, b, scene.objects[static_cast<size_t>(i)], cells);
    }
    const auto places = static_cast<int64_t>(targets.weights.size());
    return {torch::cat(pictures).contiguous(torch::MemoryFormat::ChannelsLast),
            targets.heat,
            torch::tensor(targets.places, torch::kLong).view({places, 4}),
            torch::tensor(targets.labels, torch::kLong).view({places, 2}),
            torch::tensor(targets.numbers).view({places, models::kPlaceNumbers}),
            torch::tensor(targets.weights)};
  }

  torch::Tensor loss(const Batch& batch, std::map<std::string, double>& metrics) override {
    const models::CheckerConfig& config = checker_->config();
    const models::CheckerOutput output = checker_->forward(batch[0]);
    const torch::Tensor weights = batch[5];
    const torch::Tensor total = weights.sum();

    // The focal loss of CenterNet (Zhou et al. 2019, equation 1, alpha 2, beta 4), per object.
    const torch::Tensor& wanted = batch[1];
    const torch::Tensor yes = torch::log_sigmoid(output.heat),
                        no = torch::log_sigmoid(-output.heat);
    const torch::Tensor p = torch::sigmoid(output.heat);
    const torch::Tensor middle = wanted.eq(1).to(torch::kFloat);
    const torch::Tensor found = middle * (1 - p).square() * yes;
    const torch::Tensor silent = (1 - middle) * (1 - wanted).pow(4) * p.square() * no;
    const torch::Tensor heat = -(found + silent).sum() / middle.sum().clamp_min(1);

    const torch::Tensor values = checker_->attributes(output.features, batch[2]);
    const auto average = [&](const torch::Tensor& x) { return (x * weights).sum() / total; };
    const auto choice = [&](int64_t from, int64_t count, int64_t label) {
      return average(torch::cross_entropy_loss(
          values.slice(1, from, from + count), batch[3].select(1, label), {}, at::Reduction::None));
    };
    const torch::Tensor colour = choice(0, config.colours, 0),
                        material = choice(config.colours, config.materials, 1);
    const torch::Tensor errors = torch::smooth_l1_loss(
        values.slice(1, config.colours + config.materials), batch[4], at::Reduction::None, 0.1);
    const torch::Tensor box = average(errors.slice(1, 0, 4).mean(1)),
                        elevation = average(errors.select(1, 4));
    metrics["heat"] = heat.item<double>();
    metrics["colour"] = colour.item<double>();
    metrics["material"] = material.item<double>();
    metrics["box"] = box.item<double>();
    metrics["elevation"] = elevation.item<double>();
    return heat + 0.5 * colour + 0.5 * material + 0.5 * box + 2 * elevation;
  }

  /// Share of pictures in which all objects, and no others, are found with everything right.
  std::map<std::string, double> validate() override {
    int64_t right = 0, objects_right = 0;
    for (int64_t i = 0; i < options_.validation_pictures; ++i) {
      const world::Scene scene = validation_scene(i);
      const models::CheckerReading reading = look(scene);
      const bool same_count = reading.peaks.size() == scene.objects.size();
      bool all = same_count;
      for (const world::Object& object : scene.objects) {
        const world::Box box = world::picture_box(object);
        all = all &&
              std::any_of(
                  reading.peaks.begin(), reading.peaks.end(), [&](const models::CheckerPeak& peak) {
                    return peak.group == group_of(object) &&
                           peak.colour == static_cast<int>(object.colour) &&
                           peak.material == static_cast<int>(object.material) &&
                           std::abs(peak.centre_x - (box.left + box.right) / 2) < 0.03 &&
                           std::abs(peak.centre_y - (box.top + box.bottom) / 2) < 0.03 &&
                           std::abs(peak.elevation -
                                    object.elevation / static_cast<double>(world::kUnit)) < 0.25;
                  });
      }
      right += all ? 1 : 0;
      objects_right += same_count ? 1 : 0;
    }
    const auto share = [&](int64_t count) {
      return static_cast<double>(count) / static_cast<double>(options_.validation_pictures);
    };
    return {{"all_right", share(right)}, {"count_right", share(objects_right)}};
  }

  image::Image sample_sheet() override {
    std::vector<image::Image> cells;
    for (int64_t i = 0; i < 8; ++i) {
      const world::Scene scene = validation_scene(i);
      image::Image picture = world::render(scene, 256);
      for (const models::CheckerPeak& peak : look(scene).peaks) {
        const auto edge = [](double middle, double side) {
          return std::clamp(static_cast<int>((middle + side / 2) * 256), 0, 255);
        };
        image::draw_rectangle(picture,
                              edge(peak.centre_x, -peak.width),
                              edge(peak.centre_y, -peak.height),
                              edge(peak.centre_x, peak.width),
                              edge(peak.centre_y, peak.height),
                              {255, 0, 255});
      }
      cells.push_back(std::move(picture));
    }
    return image::grid(cells, 4);
  }

  void save_model(const std::filesystem::path& folder, const Json& provenance) override {
    std::filesystem::create_directories(folder);
    weights::write_safetensors(folder / "checker.safetensors",
                               weights::named_tensors(*checker_, torch::kHalf),
                               {{"format", "pt"},
                                {"lienzo.kind", "checker"},
                                {"lienzo.config", checker_->config().to_json().dump()},
                                {"lienzo.data", world::data_version()},
                                {"lienzo.provenance", provenance.dump()}});
  }

 private:
  static world::Scene validation_scene(int64_t i) {
    return world::sample_example(kValidationSeed, static_cast<uint64_t>(i), world::Split::kAll)
        .scene;
  }
  models::CheckerReading look(const world::Scene& scene) {
    const image::Image picture = world::render(scene, static_cast<int>(checker_->config().picture));
    const torch::Tensor pixels =
        tensor::to_tensor(picture).to(checker_->parameters().front().device());
    return checker_->read(pixels.contiguous(torch::MemoryFormat::ChannelsLast)).front();
  }

  CheckerTaskOptions options_;
  TrainOptions train_;
  models::Checker checker_;
};

}  // namespace

std::unique_ptr<Task> make_checker_task(const Recipe& recipe) {
  ConfigReader reader(recipe.task, recipe.source + ": [task]");
  CheckerTaskOptions options;
  const auto share = [&](std::string_view key, double& value) {
    reader.optional(key, value);
    if (value < 0 || value > 1) reader.reject(key, "expected 0 to 1");
  };
  share("noise", options.noise);
  share("blurred", options.blurred);
  share("contrast", options.contrast);
  reader.optional("validation_pictures", options.validation_pictures);
  if (options.validation_pictures < 1) reader.reject("validation_pictures", "expected 1 or more");
  Json network = Json::object();
  reader.optional("network", network);
  reader.finish();
  return std::make_unique<CheckerTask>(network_config(recipe, network), options, recipe);
}

}  // namespace lienzo::training
