#include "lienzo/training/tasks/autoencoder_task.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/file.h"
#include "lienzo/base/random.h"
#include "lienzo/image/grid.h"
#include "lienzo/models/autoencoder_kl.h"
#include "lienzo/tensor/image_tensor.h"
#include "lienzo/tensor/noise.h"
#include "lienzo/training/tasks/picture_source.h"
#include "lienzo/training/tasks/validation.h"
#include "lienzo/weights/safetensors.h"
#include "lienzo/weights/save.h"

namespace lienzo::training {
namespace {

struct AutoencoderOptions {
  int64_t size = 64;        // of the pictures, pixels
  double kl_weight = 1e-6;  // Rombach et al. 2022 (arXiv:2112.10752), appendix G
  int64_t validation_pictures = 32;
};

class AutoencoderTask : public Task {
 public:
  AutoencoderTask(std::unique_ptr<PictureSource> source,
                  const models::AutoencoderKlConfig& config,
                  const AutoencoderOptions& options,
                  const Recipe& recipe)
      : options_(options),
        train_(recipe.train),
        name_(recipe.name),
        source_(std::move(source)),
        autoencoder_(config) {}

  torch::nn::Module& module() override { return *autoencoder_; }

  // Pictures, and the noise that makes a latent out of its distribution.
  Batch make_batch(int64_t step) const override {
    std::vector<image::Image> pictures;
    for (int64_t b = 0; b < train_.batch_size; ++b) {
      const auto index = static_cast<uint64_t>(step * train_.batch_size + b);
      pictures.push_back(source_->item(static_cast<uint64_t>(train_.seed), index).image);
    }
    Random random(static_cast<uint64_t>(train_.seed) + 1, static_cast<uint64_t>(step));
    tensor::NoiseSource noise({random.bits()});
    const auto& config = autoencoder_->config();
    const int64_t side = options_.size / config.factor();
    return {tensor::to_tensor(pictures),
            noise.normal({train_.batch_size, config.latent_channels, side, side}).squeeze(0)};
  }

  torch::Tensor loss(const Batch& batch, std::map<std::string, double>& metrics) override {
    const auto posterior = autoencoder_->encode(batch[0]);
    const torch::Tensor z = posterior.mean + (0.5 * posterior.logvar).exp() * batch[1];
    const torch::Tensor absolute = (autoencoder_->decode(z) - batch[0]).abs().mean();
    // KL(N(mean, exp logvar) || N(0, 1)) per latent number: Kingma & Welling 2013
    // (arXiv:1312.6114), appendix B.
    const torch::Tensor kl =
        0.5 * (posterior.mean.square() + posterior.logvar.exp() - 1 - posterior.logvar).mean();
    metrics["absolute_error"] = absolute.item<double>();
    metrics["kl"] = kl.item<double>();
    return absolute + options_.kl_weight * kl;
  }

  std::map<std::string, double> validate() override {
    torch::NoGradGuard no_grad;
    double squared = 0;
    const int64_t count = source_->validation_size(options_.validation_pictures);
    for (int64_t i = 0; i < count; ++i) {
      const torch::Tensor picture = picture_at(i);
      squared += (rebuild(picture).clamp(-1, 1) - picture).square().mean().item<double>();
    }
    // Peak 2: pictures run from -1 to 1.
    return {{"psnr", 10 * std::log10(4 / std::max(1e-10, squared / static_cast<double>(count)))}};
  }

  // Pictures beside what is left of them.
  image::Image sample_sheet() override {
    torch::NoGradGuard no_grad;
    std::vector<image::Image> cells;
    for (int64_t i = 0; i < source_->validation_size(kSheetPictures); ++i) {
      const torch::Tensor picture = picture_at(i);
      cells.push_back(tensor::to_image(picture));
      cells.push_back(tensor::to_image(rebuild(picture)));
    }
    return image::grid(cells, 6);
  }

  void save_model(const std::filesystem::path& folder, const Json& provenance) override {
    std::filesystem::create_directories(folder);
    models::AutoencoderKlConfig config = autoencoder_->config();
    config.scaling_factor = 1 / latent_deviation();
    const Json json = config.to_json();
    weights::write_safetensors(folder / "diffusion_pytorch_model.safetensors",
                               weights::named_tensors(*autoencoder_),
                               {{"format", "pt"},
                                {"lienzo.kind", "autoencoder"},
                                {"lienzo.config", json.dump()},
                                {"lienzo.provenance", provenance.dump()}});
    write_file_atomic(folder / "config.json", json.dump(2) + "\n");
    const Json model = {{"kind", "autoencoder"}, {"name", name_}, {"size", options_.size}};
    write_file_atomic(folder / "model.json", model.dump(2) + "\n");
  }

 private:
  torch::Tensor picture_at(int64_t i) const {
    const torch::Device device = autoencoder_->parameters().front().device();
    return tensor::to_tensor(source_->validation(static_cast<uint64_t>(i)).image).to(device);
  }

  torch::Tensor rebuild(const torch::Tensor& picture) {
    return autoencoder_->decode(autoencoder_->encode(picture).mean);
  }

  // Diffusion expects latents of unit deviation (Rombach et al. 2022, appendix G).
  double latent_deviation() {
    torch::NoGradGuard no_grad;
    std::vector<torch::Tensor> latents;
    const int64_t count = source_->validation_size(options_.validation_pictures);
    for (int64_t i = 0; i < count; ++i)
      latents.push_back(autoencoder_->encode(picture_at(i)).mean.flatten());
    return std::max(1e-6, torch::cat(latents).std().item<double>());
  }

  AutoencoderOptions options_;
  TrainOptions train_;
  std::string name_;
  std::unique_ptr<PictureSource> source_;
  models::AutoencoderKl autoencoder_;
};

}  // namespace

std::unique_ptr<Task> make_autoencoder_task(const Recipe& recipe) {
  ConfigReader reader(recipe.task, recipe.source + ": [task]");
  AutoencoderOptions options;
  reader.optional("size", options.size);
  if (options.size < 8 || options.size > 1024)
    reader.reject("size", fmt::format("is {}, expected 8 to 1024", options.size));
  reader.optional("kl_weight", options.kl_weight);
  if (options.kl_weight < 0) reader.reject("kl_weight", "is negative");
  reader.optional("validation_pictures", options.validation_pictures);
  if (options.validation_pictures < 1) reader.reject("validation_pictures", "must be at least 1");
  reader.child("network");
  Json network = Json::object();
  reader.optional("network", network);
  auto source = read_picture_source(reader, options.size, Captions::kUnused);
  reader.finish();
  const auto config =
      models::AutoencoderKlConfig::from_json(network, recipe.source + ": [task.network]");
  if (config.in_channels != 3 || config.out_channels != 3)
    reader.reject("network", "must have 3 in_channels and out_channels");
  if (options.size % config.factor() != 0) {
    reader.reject("size",
                  fmt::format("is {}, not a multiple of {}, which the network's levels ask for",
                              options.size,
                              config.factor()));
  }
  return std::make_unique<AutoencoderTask>(std::move(source), config, options, recipe);
}

}  // namespace lienzo::training
