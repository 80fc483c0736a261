#include "lienzo/training/tasks/upscaler_task.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

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
#include "lienzo/training/tasks/scene_batch.h"
#include "lienzo/weights/safetensors.h"
#include "lienzo/weights/save.h"

namespace lienzo::training {
namespace {

namespace world = datasets::world;

constexpr uint64_t kValidationSeed = 0x7A11DA7E;

struct UpscalerOptions {
  int64_t size = 64;    // of the small picture, pixels
  int64_t crop = 24;    // of it, seen in training
  double noise = 0.10;  // largest deviation of the noise added to the small picture (values -1..1)
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
      : options_(options), train_(recipe.train), upscaler_(config) {}

  torch::nn::Module& module() override { return *upscaler_; }

  Batch make_batch(int64_t step) const override {
    const auto size = static_cast<int>(options_.size), crop = static_cast<int>(options_.crop);
    const auto factor = static_cast<int>(upscaler_->config().factor);
    std::vector<world::Scene> scenes;
    std::vector<world::Window> windows;
    std::vector<image::Image> small, large;
    for (int64_t b = 0; b < train_.batch_size; ++b) {
      const auto index = static_cast<uint64_t>(step * train_.batch_size + b);
      Random random(static_cast<uint64_t>(train_.seed) + 1, index);
      scenes.push_back(
          world::sample_example(static_cast<uint64_t>(train_.seed), index, world::Split::kTraining)
              .scene);
      // Mostly around an object: empty ground teaches little.
      const world::Box box =
          world::picture_box(random.pick(std::span<const world::Object>(scenes.back().objects)));
      const auto corner = [&](double middle) {
        const int wanted =
            static_cast<int>(middle * size) - crop / 2 + random.integer(-crop / 3, crop / 3);
        return std::clamp(wanted, 0, size - crop);
      };
      const int left = corner((box.left + box.right) / 2), top = corner((box.top + box.bottom) / 2);
      small.push_back(world::render_part(scenes.back(), size, left, top, crop, crop));
      large.push_back(world::render_part(
          scenes.back(), size * factor, left * factor, top * factor, crop * factor, crop * factor));
      windows.push_back({static_cast<double>(left) / size,
                         static_cast<double>(top) / size,
                         static_cast<double>(crop) / size});
    }
    // The small picture will come from a decoder that errs: noise of a random strength stands for
    // its mistakes (the noise conditioning augmentation of Ho et al. 2021, arXiv:2106.15282,
    // without the condition).
    Random random(static_cast<uint64_t>(train_.seed) + 2, static_cast<uint64_t>(step));
    tensor::NoiseSource noise({random.bits()});
    torch::Tensor strength =
        noise.uniform({train_.batch_size, 1, 1, 1}).squeeze(0) * options_.noise;
    torch::Tensor blotches = torch::upsample_bilinear2d(
        noise.normal({train_.batch_size, 3, crop / 4, crop / 4}).squeeze(0), {crop, crop}, false);
    torch::Tensor mistakes =
        noise.normal({train_.batch_size, 3, crop, crop}).squeeze(0) * 0.7 + blotches;
    Batch batch = {tensor::to_tensor(small) + mistakes * strength, tensor::to_tensor(large)};
    append_map(batch, world::make_scene_map(scenes, crop * factor, windows));
    return batch;
  }

  torch::Tensor loss(const Batch& batch, std::map<std::string, double>& metrics) override {
    (void)metrics;
    return sharp_l1(upscaler_(batch[0], map_at(batch, 2)), batch[1]);
  }

  std::map<std::string, double> validate() override {
    double squared = 0;
    for (int64_t i = 0; i < options_.validation_pictures; ++i) {
      const world::Scene scene = held_out_scene(i);
      squared +=
          (enlarge(scene).clamp(-1, 1) - tensor::to_tensor(world::render(scene, large_size())))
              .square()
              .mean()
              .item<double>();
    }
    return {{"psnr_held_out",
             10 * std::log10(4 / (squared / static_cast<double>(options_.validation_pictures)))}};
  }

  image::Image sample_sheet() override {
    std::vector<image::Image> cells;
    for (int64_t i = 0; i < 4; ++i) {
      const world::Scene scene = held_out_scene(i);
      cells.push_back(image::resize(
          world::render(scene, static_cast<int>(options_.size)), large_size(), large_size()));
      cells.push_back(tensor::to_image(enlarge(scene)));
      cells.push_back(world::render(scene, large_size()));
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
                                {"lienzo.provenance", provenance.dump()}});
  }

 private:
  int large_size() const { return static_cast<int>(options_.size * upscaler_->config().factor); }
  static world::Scene held_out_scene(int64_t i) {
    return world::sample_example(kValidationSeed, static_cast<uint64_t>(i), world::Split::kHeldOut)
        .scene;
  }
  torch::Tensor enlarge(const world::Scene& scene) {
    torch::NoGradGuard no_grad;
    const torch::Tensor small =
        tensor::to_tensor(world::render(scene, static_cast<int>(options_.size)));
    return upscaler_(small, world::make_scene_map(std::span(&scene, 1), large_size()));
  }

  UpscalerOptions options_;
  TrainOptions train_;
  models::Upscaler upscaler_;
};

}  // namespace

std::unique_ptr<Task> make_upscaler_task(const Recipe& recipe) {
  ConfigReader reader(recipe.task, recipe.source + ": [task]");
  UpscalerOptions options;
  reader.optional("size", options.size);
  reader.optional("crop", options.crop);
  reader.optional("noise", options.noise);
  reader.optional("validation_pictures", options.validation_pictures);
  Json network = Json::object();
  reader.optional("network", network);
  reader.finish();
  if (options.size < 16 || options.size > 128) reader.reject("size", "expected 16 to 128");
  if (options.crop < 8 || options.crop > options.size || options.crop % 4 != 0)
    reader.reject("crop", "expected a multiple of 4 from 8 to 'size'");
  return std::make_unique<UpscalerTask>(
      models::UpscalerConfig::from_json(network, recipe.source + ": [task.network]"),
      options,
      recipe);
}

}  // namespace lienzo::training
