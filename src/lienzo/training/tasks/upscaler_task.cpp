#include "lienzo/training/tasks/upscaler_task.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/random.h"
#include "lienzo/datasets/world/layout.h"
#include "lienzo/datasets/world/renderer.h"
#include "lienzo/datasets/world/scene_map.h"
#include "lienzo/image/grid.h"
#include "lienzo/image/resize.h"
#include "lienzo/models/upscaler.h"
#include "lienzo/tensor/image_tensor.h"
#include "lienzo/tensor/noise.h"
#include "lienzo/training/tasks/decoder_drawings.h"
#include "lienzo/training/tasks/scene_batch.h"
#include "lienzo/training/tasks/validation.h"
#include "lienzo/weights/safetensors.h"
#include "lienzo/weights/save.h"

namespace lienzo::training {
namespace {

namespace world = datasets::world;

constexpr int kFullSteps = 8;  // of the decoder, to see what finished pictures look like

struct UpscalerOptions {
  int64_t size = 64;    // of the small picture, pixels
  int64_t crop = 24;    // of it, seen in training
  int64_t crops = 4;    // of one scene in a batch
  double signs = 0;     // share of the scenes that must have a sign: letters are hard and small
  double noise = 0.10;  // largest deviation of the noise added to true small pictures (-1..1)
  std::string decoder;  // weights whose drawings are finished; "": true small pictures only
  double drawn = 0.8;   // share of the batches that the decoder draws
  int64_t draw_steps = 3;
  int64_t validation_pictures = 8;
};

// L1 of the pictures and of their differences between neighbours: the second keeps edges sharp
// (the gradient loss of Mathieu et al. 2015, arXiv:1511.05440, equation 6, with alpha 1).
torch::Tensor sharp_l1(const torch::Tensor& got, const torch::Tensor& wanted) {
  const torch::Tensor error = got - wanted;
  const torch::Tensor across = error.slice(3, 1) - error.slice(3, 0, -1),
                      down = error.slice(2, 1) - error.slice(2, 0, -1);
  return error.abs().mean() + 0.5 * (across.abs().mean() + down.abs().mean());
}

class UpscalerTask : public Task {
 public:
  UpscalerTask(const models::UpscalerConfig& config,
               const UpscalerOptions& options,
               const Recipe& recipe)
      : options_(options), train_(recipe.train), upscaler_(config) {
    if (!options_.decoder.empty()) drawings_.emplace(options_.decoder);
  }

  torch::nn::Module& module() override { return *upscaler_; }

  // Large crops (B, 3, factor n, factor n) and their map; whole small pictures (P, 3, size, size),
  // noise for each, the level the decoder begins at (0: it does not draw), where the crops are
  // (B, 3: picture, top, left), mistakes to add (B, 3, n, n); the map of the small pictures.
  Batch make_batch(int64_t step) const override {
    const auto size = static_cast<int>(options_.size), crop = static_cast<int>(options_.crop);
    const auto factor = static_cast<int>(upscaler_->config().factor);
    const int64_t count = train_.batch_size;
    std::vector<world::Scene> scenes, crop_scenes;
    std::vector<world::Window> windows;
    std::vector<image::Image> small, large;
    std::vector<int64_t> places;
    Random random(static_cast<uint64_t>(train_.seed) + 2, static_cast<uint64_t>(step));
    for (int64_t b = 0; b < count; ++b) {
      const int64_t picture = b / options_.crops;
      if (b % options_.crops == 0) {
        const auto index =
            static_cast<uint64_t>(step * ((count + options_.crops - 1) / options_.crops) + picture);
        scenes.push_back(choose_scene(index, random));
        small.push_back(world::render(scenes.back(), size));
      }
      const world::Scene& scene = scenes.back();
      const world::Box box = world::picture_box(choose_object(scene, random));
      const auto corner = [&](double middle) {
        const int wanted =
            static_cast<int>(middle * size) - crop / 2 + random.integer(-crop / 3, crop / 3);
        return std::clamp(wanted, 0, size - crop);
      };
      const int left = corner((box.left + box.right) / 2), top = corner((box.top + box.bottom) / 2);
      large.push_back(world::render_part(
          scene, size * factor, left * factor, top * factor, crop * factor, crop * factor));
      windows.push_back({static_cast<double>(left) / size,
                         static_cast<double>(top) / size,
                         static_cast<double>(crop) / size});
      crop_scenes.push_back(scene);
      places.insert(places.end(), {picture, top, left});
    }
    const bool drawn = drawings_ && random.chance(options_.drawn);
    const double from = !drawn ? 0 : random.chance(0.3) ? 1 : random.uniform(0.3, 1);
    const auto pictures = static_cast<int64_t>(scenes.size());
    tensor::NoiseSource noise({random.bits()});
    const torch::Tensor start = noise.normal({pictures, 3, size, size}).squeeze(0);
    // Without a decoder noise of a random strength stands for its mistakes (the noise conditioning
    // augmentation of Ho et al. 2021, arXiv:2106.15282, without the condition).
    const torch::Tensor strength =
        noise.uniform({count, 1, 1, 1}).squeeze(0) * (drawn ? 0 : options_.noise);
    const torch::Tensor blotches = torch::upsample_bilinear2d(
        noise.normal({count, 3, crop / 4, crop / 4}).squeeze(0), {crop, crop}, false);
    const torch::Tensor grain = noise.normal({count, 3, crop, crop}).squeeze(0) * 0.7;
    Batch batch = {tensor::to_tensor(large)};
    append_map(batch, world::make_scene_map(crop_scenes, crop * factor, windows));
    batch.insert(batch.end(),
                 {tensor::to_tensor(small),
                  start,
                  torch::tensor(from),
                  torch::tensor(places, torch::kLong).view({count, 3}),
                  (grain + blotches) * strength});
    append_map(batch, world::make_scene_map(scenes, size));
    return batch;
  }

  torch::Tensor loss(const Batch& batch, std::map<std::string, double>& metrics) override {
    (void)metrics;
    constexpr size_t kSmall = 1 + kMapTensors;
    torch::Tensor small = batch.at(kSmall);
    if (const auto from = batch.at(kSmall + 2).item<double>(); from > 0) {
      small = drawings_->draw(map_at(batch, kSmall + 5),
                              small,
                              batch.at(kSmall + 1),
                              from,
                              static_cast<int>(options_.draw_steps));
    }
    const torch::Tensor places = batch.at(kSmall + 3).to(torch::kCPU);
    std::vector<torch::Tensor> crops;
    for (int64_t b = 0; b < places.size(0); ++b) {
      const auto* place = places.data_ptr<int64_t>() + 3 * b;
      crops.push_back(
          small[place[0]].narrow(1, place[1], options_.crop).narrow(2, place[2], options_.crop));
    }
    const torch::Tensor input =
        (torch::stack(crops) + batch.at(kSmall + 4)).contiguous(torch::MemoryFormat::ChannelsLast);
    return sharp_l1(upscaler_(input, map_at(batch, 1)), batch[0]);
  }

  std::map<std::string, double> validate() override {
    std::map<std::string, double> result = {
        {"psnr_held_out", psnr([this](int64_t i) { return true_picture(i); })}};
    if (drawings_)
      result["psnr_drawn_held_out"] = psnr([this](int64_t i) { return drawn_picture(i); });
    return result;
  }

  image::Image sample_sheet() override {
    std::vector<image::Image> cells;
    for (int64_t i = 0; i < 4; ++i) {
      const torch::Tensor small = drawings_ ? drawn_picture(i) : true_picture(i);
      cells.push_back(image::resize(tensor::to_image(small), large_size(), large_size()));
      cells.push_back(tensor::to_image(enlarge(small, held_out_scene(i))));
      cells.push_back(world::render(held_out_scene(i), large_size()));
    }
    return image::grid(cells, 3);
  }

  void save_model(const std::filesystem::path& folder, const Json& provenance) override {
    std::filesystem::create_directories(folder);
    weights::write_safetensors(folder / "upscaler.safetensors",
                               weights::named_tensors(*upscaler_, torch::kHalf),
                               {{"format", "pt"},
                                {"lienzo.kind", "scene-upscaler"},
                                {"lienzo.config", upscaler_->config().to_json().dump()},
                                {"lienzo.data", world::data_version()},
                                {"lienzo.provenance", provenance.dump()}});
  }

 private:
  int large_size() const { return static_cast<int>(options_.size * upscaler_->config().factor); }
  torch::Device device() const { return upscaler_->parameters().front().device(); }
  static world::Scene held_out_scene(int64_t i) {
    return world::sample_example(kValidationSeed, static_cast<uint64_t>(i), world::Split::kHeldOut)
        .scene;
  }
  world::Scene choose_scene(uint64_t index, Random& random) const {
    constexpr uint64_t kAttempts = 64;
    const auto seed = static_cast<uint64_t>(train_.seed);
    if (options_.signs > 0 && random.chance(options_.signs)) {
      for (uint64_t attempt = 0; attempt < kAttempts; ++attempt) {
        world::Scene scene =
            world::sample_example(
                mix_bits(seed, kAttempts), index * kAttempts + attempt, world::Split::kTraining)
                .scene;
        if (std::any_of(scene.objects.begin(), scene.objects.end(), [](const auto& object) {
              return object.shape == world::Shape::kSign;
            }))
          return scene;
      }
    }
    return world::sample_example(seed, index, world::Split::kTraining).scene;
  }
  // Something to crop around: empty ground teaches little, and letters are the hardest part.
  static const world::Object& choose_object(const world::Scene& scene, Random& random) {
    std::vector<const world::Object*> signs;
    for (const world::Object& object : scene.objects)
      if (object.shape == world::Shape::kSign) signs.push_back(&object);
    if (!signs.empty() && random.chance(0.7))
      return *random.pick(std::span<const world::Object* const>(signs));
    return random.pick(std::span<const world::Object>(scene.objects));
  }
  // The pictures of these three are on the CPU, wherever the networks are.
  torch::Tensor true_picture(int64_t i) const {
    return tensor::to_tensor(world::render(held_out_scene(i), static_cast<int>(options_.size)));
  }
  torch::Tensor drawn_picture(int64_t i) {
    const world::Scene scene = held_out_scene(i);
    tensor::NoiseSource noise({static_cast<uint64_t>(i)});
    const torch::Tensor start = noise.normal({3, options_.size, options_.size}).to(device());
    const tensor::LayeredMap map =
        world::make_scene_map(std::span(&scene, 1), static_cast<int>(options_.size));
    return drawings_->draw(to(map, device()), torch::zeros_like(start), start, 1, kFullSteps)
        .to(torch::kCPU);
  }
  torch::Tensor enlarge(const torch::Tensor& small, const world::Scene& scene) {
    torch::NoGradGuard no_grad;
    const tensor::LayeredMap map = world::make_scene_map(std::span(&scene, 1), large_size());
    return upscaler_(small.to(device()), to(map, device())).to(torch::kCPU);
  }
  template <typename SmallPicture>
  double psnr(SmallPicture&& small) {
    double squared = 0;
    for (int64_t i = 0; i < options_.validation_pictures; ++i) {
      const world::Scene scene = held_out_scene(i);
      squared += (enlarge(small(i), scene).clamp(-1, 1) -
                  tensor::to_tensor(world::render(scene, large_size())))
                     .square()
                     .mean()
                     .template item<double>();
    }
    // Peak 2: pictures run from -1 to 1.
    return 10 * std::log10(4 / (squared / static_cast<double>(options_.validation_pictures)));
  }

  UpscalerOptions options_;
  TrainOptions train_;
  models::Upscaler upscaler_;
  std::optional<DecoderDrawings> drawings_;
};

}  // namespace

std::unique_ptr<Task> make_upscaler_task(const Recipe& recipe) {
  ConfigReader reader(recipe.task, recipe.source + ": [task]");
  UpscalerOptions options;
  reader.optional("size", options.size);
  reader.optional("crop", options.crop);
  reader.optional("crops", options.crops);
  reader.optional("signs", options.signs);
  reader.optional("noise", options.noise);
  reader.optional("decoder", options.decoder);
  reader.optional("drawn", options.drawn);
  reader.optional("draw_steps", options.draw_steps);
  reader.optional("validation_pictures", options.validation_pictures);
  Json network = Json::object();
  reader.optional("network", network);
  reader.finish();
  if (options.size < 16 || options.size > 128) reader.reject("size", "expected 16 to 128");
  if (options.crop < 8 || options.crop > options.size || options.crop % 4 != 0)
    reader.reject("crop", "expected a multiple of 4 from 8 to 'size'");
  if (options.signs < 0 || options.signs > 1) reader.reject("signs", "expected 0 to 1");
  if (options.crops < 1) reader.reject("crops", "expected 1 or more");
  if (options.drawn < 0 || options.drawn > 1) reader.reject("drawn", "expected 0 to 1");
  if (options.draw_steps < 1 || options.draw_steps > 1000)
    reader.reject("draw_steps", "expected 1 to 1000");
  if (options.validation_pictures < 1) reader.reject("validation_pictures", "expected 1 or more");
  const auto config =
      models::UpscalerConfig::from_json(network, recipe.source + ": [task.network]");
  if (options.size * config.factor > 512) {  // the renderer draws none larger
    reader.reject(
        "size",
        fmt::format(
            "is {}, times the network's factor {} more than 512", options.size, config.factor));
  }
  return std::make_unique<UpscalerTask>(config, options, recipe);
}

}  // namespace lienzo::training
