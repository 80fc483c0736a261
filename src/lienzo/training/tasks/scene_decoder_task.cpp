#include "lienzo/training/tasks/scene_decoder_task.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/random.h"
#include "lienzo/datasets/world/layout.h"
#include "lienzo/datasets/world/renderer.h"
#include "lienzo/datasets/world/scene_map.h"
#include "lienzo/diffusion/noise_model.h"
#include "lienzo/diffusion/samplers/euler.h"
#include "lienzo/diffusion/schedules.h"
#include "lienzo/image/grid.h"
#include "lienzo/models/denoiser.h"
#include "lienzo/tensor/image_tensor.h"
#include "lienzo/tensor/noise.h"
#include "lienzo/training/tasks/network_keys.h"
#include "lienzo/training/tasks/noise_levels.h"
#include "lienzo/training/tasks/scene_batch.h"
#include "lienzo/training/tasks/validation.h"
#include "lienzo/weights/safetensors.h"
#include "lienzo/weights/save.h"

namespace lienzo::training {
namespace {

namespace world = datasets::world;

struct SceneDecoderOptions {
  int64_t size = 64;  // of the pictures, pixels
  NoiseLevels noise;
  int64_t sample_steps = 10;
  int64_t validation_pictures = 24;
};

class SceneDecoderTask : public Task {
 public:
  SceneDecoderTask(const models::DenoiserConfig& config,
                   const SceneDecoderOptions& options,
                   const Recipe& recipe)
      : options_(options), train_(recipe.train), denoiser_(config) {}

  torch::nn::Module& module() override { return *denoiser_; }

  Batch make_batch(int64_t step) const override {
    const auto size = static_cast<int>(options_.size);
    std::vector<world::Scene> scenes;
    std::vector<image::Image> pictures;
    for (int64_t b = 0; b < train_.batch_size; ++b) {
      const auto index = static_cast<uint64_t>(step * train_.batch_size + b);
      scenes.push_back(
          world::sample_example(static_cast<uint64_t>(train_.seed), index, world::Split::kTraining)
              .scene);
      pictures.push_back(world::render(scenes.back(), size));
    }
    Random random(static_cast<uint64_t>(train_.seed) + 1, static_cast<uint64_t>(step));
    const std::vector<float> times = sample_times(options_.noise, train_.batch_size, random);
    tensor::NoiseSource noise({random.bits()});
    Batch batch = {tensor::to_tensor(pictures),
                   noise.normal({train_.batch_size, 3, size, size}).squeeze(0),
                   torch::tensor(times)};
    append_map(batch, world::make_scene_map(scenes, size));
    return batch;
  }

  torch::Tensor loss(const Batch& batch, std::map<std::string, double>& metrics) override {
    const tensor::LayeredMap map = map_at(batch, 3);
    const auto noised = noise_model_.training_batch(batch[0], batch[1], batch[2]);
    const torch::Tensor output =
        denoiser_(noised.x_t, noised.time, models::Conditioning{.scene = &map});
    const torch::Tensor errors = (output - noised.target).square().mean({1, 2, 3});  // (B)
    {
      torch::NoGradGuard no_grad;
      const torch::Tensor pure = batch[2].ge(0.999);
      if (pure.any().item<bool>())
        metrics["loss_from_pure_noise"] = errors.detach().masked_select(pure).mean().item<double>();
    }
    return errors.mean();
  }

  std::map<std::string, double> validate() override {
    double squared = 0;
    for (int64_t i = 0; i < options_.validation_pictures; ++i) {
      const world::Scene scene = held_out_scene(i);
      const torch::Tensor truth =
          tensor::to_tensor(world::render(scene, static_cast<int>(options_.size)));
      squared += (draw(scene, static_cast<uint64_t>(i)).clamp(-1, 1) - truth)
                     .square()
                     .mean()
                     .item<double>();
    }
    // Peak 2: pictures run from -1 to 1.
    return {{"psnr_held_out",
             10 * std::log10(4 / (squared / static_cast<double>(options_.validation_pictures)))}};
  }

  image::Image sample_sheet() override {
    std::vector<image::Image> cells;
    for (int64_t i = 0; i < 12; ++i) {
      const world::Scene scene = held_out_scene(i);
      cells.push_back(tensor::to_image(draw(scene, static_cast<uint64_t>(i))));
      cells.push_back(world::render(scene, static_cast<int>(options_.size)));
    }
    return image::grid(cells, 8);
  }

  void save_model(const std::filesystem::path& folder, const Json& provenance) override {
    std::filesystem::create_directories(folder);
    weights::write_safetensors(folder / "decoder.safetensors",
                               weights::named_tensors(*denoiser_, torch::kHalf),
                               {{"format", "pt"},
                                {"lienzo.kind", "scene-decoder"},
                                {"lienzo.size", std::to_string(options_.size)},
                                {"lienzo.config", denoiser_->config().to_json().dump()},
                                {"lienzo.data", world::data_version()},
                                {"lienzo.provenance", provenance.dump()}});
  }

 private:
  static world::Scene held_out_scene(int64_t i) {
    return world::sample_example(kValidationSeed, static_cast<uint64_t>(i), world::Split::kHeldOut)
        .scene;
  }

  // On the CPU, wherever the network is.
  torch::Tensor draw(const world::Scene& scene, uint64_t seed) {
    torch::NoGradGuard no_grad;
    const auto size = options_.size;
    const torch::Device device = denoiser_->parameters().front().device();
    const tensor::LayeredMap map =
        to(world::make_scene_map(std::span(&scene, 1), static_cast<int>(size)), device);
    models::Conditioning conditioning{.scene = &map,
                                      .scene_features = denoiser_->encode_scene(map)};
    const auto network = [&](const torch::Tensor& x, const torch::Tensor& time) {
      return denoiser_(x, time, conditioning);
    };
    tensor::NoiseSource noise({seed});
    const std::vector<double> sigmas =
        diffusion::flow_sigmas(static_cast<int>(options_.sample_steps));
    return diffusion::sample_euler(noise_model_.denoiser(network),
                                   noise.normal({3, size, size}).to(device),
                                   sigmas,
                                   {.path = diffusion::NoisePath::kRectifiedFlow},
                                   noise)
        .to(torch::kCPU);
  }

  SceneDecoderOptions options_;
  TrainOptions train_;
  diffusion::NoiseModel noise_model_ =
      diffusion::NoiseModel::rectified_flow(1.0, diffusion::Parameterization::kEdm);
  models::Denoiser denoiser_;
};

}  // namespace

std::unique_ptr<Task> make_scene_decoder_task(const Recipe& recipe) {
  ConfigReader reader(recipe.task, recipe.source + ": [task]");
  SceneDecoderOptions options;
  const auto between = [&](std::string_view key, int64_t& value, int64_t least, int64_t most) {
    reader.optional(key, value);
    if (value < least || value > most)
      reader.reject(key, fmt::format("is {}, expected {} to {}", value, least, most));
  };
  between("size", options.size, 8, 512);  // the renderer draws no others
  reader.optional("time_mean", options.noise.mean);
  reader.optional("time_deviation", options.noise.deviation);
  between("sample_steps", options.sample_steps, 1, 1000);
  reader.optional("validation_pictures", options.validation_pictures);
  if (options.validation_pictures < 1) {
    reader.reject("validation_pictures",
                  fmt::format("is {}, expected 1 or more", options.validation_pictures));
  }
  Json network = Json::object();
  reader.optional("network", network);
  reader.finish();
  refuse_network_keys(recipe,
                      network,
                      {"scene", "context", "context_heads", "image_channels"},
                      "is not for kind \"scene-decoder\", which draws pictures from scenes alone");
  const auto config =
      models::DenoiserConfig::from_json(network, recipe.source + ": [task.network]");
  const int64_t step = config.patch << (config.widths.size() - 1);
  if (options.size % step != 0) {
    reader.reject(
        "size",
        fmt::format("is {}, not a multiple of {}, which the network's patch and levels ask for",
                    options.size,
                    step));
  }
  return std::make_unique<SceneDecoderTask>(config, options, recipe);
}

}  // namespace lienzo::training
