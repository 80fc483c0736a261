#include "lienzo/training/tasks/captioned_task.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/diffusion/guidance.h"
#include "lienzo/diffusion/noise_model.h"
#include "lienzo/diffusion/samplers/euler.h"
#include "lienzo/diffusion/schedules.h"
#include "lienzo/image/grid.h"
#include "lienzo/models/denoiser.h"
#include "lienzo/models/text_encoder.h"
#include "lienzo/tensor/image_tensor.h"
#include "lienzo/tensor/noise.h"
#include "lienzo/training/tasks/network_keys.h"
#include "lienzo/training/tasks/noise_levels.h"
#include "lienzo/training/tasks/picture_source.h"
#include "lienzo/training/tasks/validation.h"
#include "lienzo/weights/safetensors.h"
#include "lienzo/weights/save.h"

namespace lienzo::training {
namespace {

struct CaptionedOptions {
  int64_t size = 64;          // of the pictures, pixels
  int64_t vocabulary = 2048;  // of the tokenizer, at most
  NoiseLevels noise;
  double caption_dropout = 0.1;  // share of pictures without words: what guidance compares with
  double guidance = 3;           // of samples, and what the model will use
  int64_t sample_steps = 20;
  int64_t validation_pictures = 32;
};

// What is trained together.
struct CaptionedNetImpl : torch::nn::Module {
  CaptionedNetImpl(const models::DenoiserConfig& picture, const models::TextEncoderConfig& text)
      : denoiser(register_module("denoiser", models::Denoiser(picture))),
        text_encoder(register_module("text_encoder", models::TextEncoder(text))) {}
  torch::Tensor forward(const torch::Tensor& x,
                        const torch::Tensor& time,
                        const models::CaptionBatch& captions) {
    const auto text = text_encoder->forward(captions);
    return denoiser(
        x, time, models::Conditioning{.context = text.features, .context_bias = text.bias});
  }
  models::Denoiser denoiser;
  models::TextEncoder text_encoder;
};
TORCH_MODULE(CaptionedNet);

class CaptionedTask : public Task {
 public:
  CaptionedTask(std::unique_ptr<PictureSource> source,
                text::BpeTokenizer tokenizer,
                CaptionedNet net,
                const CaptionedOptions& options,
                const Recipe& recipe)
      : options_(options),
        train_(recipe.train),
        name_(recipe.name),
        where_(recipe.source),
        source_(std::move(source)),
        tokenizer_(std::move(tokenizer)),
        net_(std::move(net)) {}

  torch::nn::Module& module() override { return *net_; }

  // The model is two files whose names do not say which network they belong to.
  void load_first_weights(const std::filesystem::path& file) override {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("{}: [train] 'init' is \"{}\", but kind \"captioned-pictures\" cannot "
                            "begin with the weights of another model; remove it, or go on with a "
                            "run's folder and --resume",
                            where_,
                            file.string()));
  }

  // Pictures, noise, times, token ids, token mask.
  Batch make_batch(int64_t step) const override {
    std::vector<CaptionedPicture> items;
    for (int64_t b = 0; b < train_.batch_size; ++b) {
      const auto index = static_cast<uint64_t>(step * train_.batch_size + b);
      items.push_back(source_->item(static_cast<uint64_t>(train_.seed), index));
    }
    Random random(static_cast<uint64_t>(train_.seed) + 1, static_cast<uint64_t>(step));
    const std::vector<float> times = sample_times(options_.noise, train_.batch_size, random);
    for (CaptionedPicture& item : items) {
      if (random.chance(options_.caption_dropout)) item.caption.clear();
    }
    return to_batch(items, times, random.bits());
  }

  torch::Tensor loss(const Batch& batch, std::map<std::string, double>& metrics) override {
    const torch::Tensor errors = row_errors(batch);
    const torch::Tensor pure = batch[2].ge(0.999);
    if (pure.any().item<bool>()) {
      metrics["loss_from_pure_noise"] = errors.detach().masked_select(pure).mean().item<double>();
    }
    return errors.mean();
  }

  // The loss over times evenly spread, with noise that never changes.
  std::map<std::string, double> validate() override {
    torch::NoGradGuard no_grad;
    const int64_t count = source_->validation_size(options_.validation_pictures);
    std::vector<CaptionedPicture> items;
    std::vector<float> times;
    for (int64_t i = 0; i < count; ++i) {
      items.push_back(source_->validation(static_cast<uint64_t>(i)));
      times.push_back((static_cast<float>(i) + 0.5f) / static_cast<float>(count));
    }
    Batch batch = to_batch(items, times, kValidationSeed);
    for (torch::Tensor& tensor : batch) tensor = tensor.to(device());
    return {{"loss_fixed_noise", row_errors(batch).mean().item<double>()}};
  }

  image::Image sample_sheet() override {
    std::vector<image::Image> cells;
    std::vector<std::string> labels;
    for (int64_t i = 0; i < source_->validation_size(kSheetPictures); ++i) {
      const CaptionedPicture truth = source_->validation(static_cast<uint64_t>(i));
      cells.push_back(draw(truth.caption, static_cast<uint64_t>(i)));
      cells.push_back(truth.image);
      labels.push_back(truth.caption);
      labels.emplace_back();
    }
    try {
      return image::labelled_grid(cells, labels, 6);
    } catch (const Error& error) {
      // A machine without fonts must not lose its training over labels.
      if (error.kind() != ErrorKind::kUnsupported) throw;
      return image::grid(cells, 6);
    }
  }

  void save_model(const std::filesystem::path& folder, const Json& provenance) override {
    std::filesystem::create_directories(folder);
    const auto save = [&](const char* file, const torch::nn::Module& module, const Json& config) {
      weights::write_safetensors(folder / file,
                                 weights::named_tensors(module, torch::kHalf),
                                 {{"format", "pt"},
                                  {"lienzo.kind", "captioned-pictures"},
                                  {"lienzo.config", config.dump()},
                                  {"lienzo.provenance", provenance.dump()}});
    };
    save("denoiser.safetensors", *net_->denoiser, net_->denoiser->config().to_json());
    save("text_encoder.safetensors", *net_->text_encoder, net_->text_encoder->config().to_json());
    tokenizer_.save(folder / "tokenizer.json");
    const Json model = {{"kind", "captioned-pictures"},
                        {"name", name_},
                        {"size", options_.size},
                        {"steps", options_.sample_steps},
                        {"guidance", options_.guidance},
                        {"sampler", "euler"},
                        {"text", source_->text_style()}};
    write_file_atomic(folder / "model.json", model.dump(2) + "\n");
  }

 private:
  torch::Device device() const { return net_->parameters().front().device(); }

  models::CaptionBatch tokens(std::span<const CaptionedPicture> items) const {
    std::vector<std::vector<int>> captions;
    for (const CaptionedPicture& item : items)
      captions.push_back(
          tokenizer_.encode(source_->spell(item.caption), text::SpecialTokens::kAsText));
    return models::make_caption_batch(captions, net_->text_encoder->config().max_text);
  }

  Batch to_batch(const std::vector<CaptionedPicture>& items,
                 const std::vector<float>& times,
                 uint64_t noise_seed) const {
    std::vector<image::Image> pictures;
    pictures.reserve(items.size());
    for (const CaptionedPicture& item : items) pictures.push_back(item.image);
    tensor::NoiseSource noise({noise_seed});
    const models::CaptionBatch captions = tokens(items);
    const auto count = static_cast<int64_t>(items.size());
    return {tensor::to_tensor(pictures),
            noise.normal({count, 3, options_.size, options_.size}).squeeze(0),
            torch::tensor(times),
            captions.ids,
            captions.mask};
  }

  torch::Tensor row_errors(const Batch& batch) {
    const auto noised = noise_model_.training_batch(batch[0], batch[1], batch[2]);
    const torch::Tensor output =
        net_->forward(noised.x_t, noised.time, {.ids = batch[3], .mask = batch[4]});
    return (output - noised.target).square().mean({1, 2, 3});  // (B)
  }

  image::Image draw(const std::string& caption, uint64_t seed) {
    torch::NoGradGuard no_grad;
    const auto told = [&](const std::string& words) {
      const CaptionedPicture item{.image = {}, .caption = words};
      models::CaptionBatch captions = tokens(std::span(&item, 1));
      const auto text = net_->text_encoder->forward(
          {.ids = captions.ids.to(device()), .mask = captions.mask.to(device())});
      return noise_model_.denoiser([this, text](const torch::Tensor& x, const torch::Tensor& time) {
        return net_->denoiser(
            x, time, models::Conditioning{.context = text.features, .context_bias = text.bias});
      });
    };
    tensor::NoiseSource noise({seed});
    const auto denoise =
        diffusion::guided_denoiser(told(caption), told(""), {.scale = options_.guidance});
    const std::vector<double> sigmas =
        diffusion::flow_sigmas(static_cast<int>(options_.sample_steps));
    return tensor::to_image(
        diffusion::sample_euler(denoise,
                                noise.normal({3, options_.size, options_.size}).to(device()),
                                sigmas,
                                {.path = diffusion::NoisePath::kRectifiedFlow},
                                noise));
  }

  CaptionedOptions options_;
  TrainOptions train_;
  std::string name_;
  std::string where_;  // what error messages call the recipe
  std::unique_ptr<PictureSource> source_;
  text::BpeTokenizer tokenizer_;
  diffusion::NoiseModel noise_model_ =
      diffusion::NoiseModel::rectified_flow(1.0, diffusion::Parameterization::kEdm);
  CaptionedNet net_;
};

}  // namespace

std::unique_ptr<Task> make_captioned_task(const Recipe& recipe) {
  ConfigReader reader(recipe.task, recipe.source + ": [task]");
  CaptionedOptions options;
  const auto between = [&](std::string_view key, auto value, double least, double most) {
    if (value < least || value > most)
      reader.reject(key, fmt::format("is {}, expected {} to {}", value, least, most));
  };
  reader.optional("size", options.size);
  between("size", options.size, 8, 1024);
  reader.optional("vocabulary", options.vocabulary);
  between("vocabulary", options.vocabulary, 257, 65536);
  reader.optional("time_mean", options.noise.mean);
  reader.optional("time_deviation", options.noise.deviation);
  between("time_deviation", options.noise.deviation, 0, 10);
  reader.optional("caption_dropout", options.caption_dropout);
  between("caption_dropout", options.caption_dropout, 0, 1);
  reader.optional("guidance", options.guidance);
  between("guidance", options.guidance, 0, 30);
  reader.optional("sample_steps", options.sample_steps);
  between("sample_steps", options.sample_steps, 1, 200);
  reader.optional("validation_pictures", options.validation_pictures);
  between("validation_pictures", options.validation_pictures, 1, 4096);
  Json network = Json::object(), text = Json::object();
  reader.child("network");
  reader.child("text");
  reader.optional("network", network);
  reader.optional("text", text);
  auto source = read_picture_source(reader, options.size, Captions::kNeeded);
  reader.finish();

  refuse_network_keys(recipe, network, {"context", "scene"}, "follows from [task.text]");
  refuse_network_keys(recipe, network, {"image_channels"}, "follows from the pictures");
  if (text.contains("vocabulary")) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("{}: [task.text] 'vocabulary' belongs to [task]", recipe.source));
  }
  auto tokenizer = source->train_tokenizer(static_cast<uint64_t>(recipe.train.seed),
                                           static_cast<int>(options.vocabulary));
  text["vocabulary"] = tokenizer.vocab_size();
  const auto text_config =
      models::TextEncoderConfig::from_json(text, recipe.source + ": [task.text]");
  network["context"] = text_config.width;
  network["scene"] = false;
  const auto config =
      models::DenoiserConfig::from_json(network, recipe.source + ": [task.network]");
  const int64_t step = config.patch << (config.widths.size() - 1);
  if (options.size % step != 0)
    reader.reject(
        "size",
        fmt::format("is {}, not a multiple of {}, which the network's patch and levels ask for",
                    options.size,
                    step));
  return std::make_unique<CaptionedTask>(
      std::move(source), std::move(tokenizer), CaptionedNet(config, text_config), options, recipe);
}

}  // namespace lienzo::training
