#include "lienzo/pipelines/embedded_model.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <chrono>
#include <unordered_set>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/hash.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/datasets/world/lexicon.h"
#include "lienzo/datasets/world/prior_text.h"
#include "lienzo/datasets/world/scene_map.h"
#include "lienzo/datasets/world/scene_tokens.h"
#include "lienzo/diffusion/noise_model.h"
#include "lienzo/diffusion/samplers/registry.h"
#include "lienzo/diffusion/schedules.h"
#include "lienzo/image/resize.h"
#include "lienzo/models/denoiser.h"
#include "lienzo/models/scene_prior.h"
#include "lienzo/models/upscaler.h"
#include "lienzo/pipelines/names_elsewhere.h"
#include "lienzo/pipelines/scene_writer.h"
#include "lienzo/tensor/image_tensor.h"
#include "lienzo/tensor/noise.h"
#include "lienzo/text/unknown_words.h"
#include "lienzo/weights/load_module.h"

namespace lienzo::pipelines {
namespace {

namespace world = datasets::world;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

[[noreturn]] void refuse(ErrorKind kind, const std::string& message) {
  throw Error(kind, "[imagine] " + message);
}

void check_request(const ImagineRequest& request) {
  if (request.prompt.find_first_not_of(" \t\r\n") == std::string::npos && !request.scene) {
    refuse(ErrorKind::kInvalidInput,
           "the prompt is empty; say what to draw, e.g. \"un cubo rojo\"");
  }
  for (const std::string* text : {&request.prompt, &request.negative_prompt}) {
    if (text->size() > kLongestPrompt) {
      refuse(ErrorKind::kInvalidInput,
             fmt::format("the prompt has {} bytes, at most {} are read; shorten it",
                         text->size(),
                         kLongestPrompt));
    }
  }
  if (request.width != request.height) {
    refuse(ErrorKind::kUnsupported,
           fmt::format("this model draws squares, got {}x{}; try {}x{}",
                       request.width,
                       request.height,
                       request.width,
                       request.width));
  }
  if (request.width < kSmallestSize || request.width > kLargestSize) {
    refuse(ErrorKind::kInvalidInput,
           fmt::format("size is {}x{}, expected {} to {} pixels",
                       request.width,
                       request.height,
                       kSmallestSize,
                       kLargestSize));
  }
  if (request.count < 1)
    refuse(ErrorKind::kInvalidInput,
           fmt::format("count is {}, expected at least 1", request.count));
  if (request.steps < 0 || request.steps > kMostSteps) {
    refuse(ErrorKind::kInvalidInput,
           fmt::format("steps is {}, expected 1 to {}", request.steps, kMostSteps));
  }
  if (!(request.guidance >= 0 && request.guidance <= 100)) {
    refuse(ErrorKind::kInvalidInput,
           fmt::format("guidance is {}, expected 0 to 100", request.guidance));
  }
  if (!request.negative_prompt.empty() && request.guidance == 1) {
    refuse(ErrorKind::kInvalidInput,
           "a negative prompt works through guidance, which is off at 1; set it to 2, say");
  }
  if (request.scene) world::check_scene(*request.scene);
}

// One thread while a picture is computed: with more, sums are split differently and pixels differ
// by a level.
class OneThread {
 public:
  OneThread() : before_(at::get_num_threads()) { at::set_num_threads(1); }
  ~OneThread() { at::set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

}  // namespace

struct EmbeddedModel::Parts {
  std::string name, hash, sampler;
  int64_t size = 64;
  int64_t steps = 10;
  text::BpeTokenizer tokenizer;
  models::ScenePrior prior;
  models::Denoiser decoder;
  models::Upscaler upscaler;
  std::unordered_set<std::string> known_words;

  // Parts of different models, or of another world, would fail somewhere inside.
  void check(const std::filesystem::path& folder) {
    const auto require = [&](bool fits, std::string_view what) {
      if (fits) return;
      throw Error(ErrorKind::kCorrupt,
                  fmt::format("[model] the parts of {} do not fit together: {}; take all of them "
                              "from one training",
                              folder.string(),
                              what));
    };
    require(tokenizer.vocab_size() <= prior->config().text_vocabulary,
            "tokenizer.json has more tokens than the prior knows");
    require(prior->config().scene_vocabulary == world::scene_vocabulary(),
            "the prior writes the scenes of another world");
    const models::DenoiserConfig& config = decoder->config();
    require(config.scene && config.image_channels == 3, "the decoder draws no scenes");
    require(size % (config.patch << (config.widths.size() - 1)) == 0,
            "the decoder cannot draw the 'size' of model.json");
  }

  std::vector<int> tokens(std::string_view prompt) const {
    std::vector<int> ids =
        tokenizer.encode(world::prior_text(prompt), text::SpecialTokens::kAsText);
    const int64_t most = prior->config().max_text;
    if (static_cast<int64_t>(ids.size()) > most) {
      refuse(ErrorKind::kInvalidInput,
             fmt::format("the prompt has {} tokens, this model reads at most {}; shorten it",
                         ids.size(),
                         most));
    }
    return ids;
  }

  world::Scene write(const ImagineRequest& request, uint64_t seed) {
    if (request.scene) return *request.scene;
    Random random(seed);
    return write_scene(prior,
                       tokens(request.prompt),
                       tokens(request.negative_prompt),
                       world::sign_words(world::prior_text(request.prompt)),
                       random,
                       {.guidance = request.guidance});
  }

  // The decoder's small picture, (1, 3, size, size).
  torch::Tensor draw(const world::Scene& scene,
                     uint64_t seed,
                     const diffusion::Sampler& method,
                     int step_count,
                     const diffusion::StepCallback& on_step) {
    const tensor::LayeredMap map =
        world::make_scene_map(std::span(&scene, 1), static_cast<int>(size));
    const models::Conditioning conditioning{.scene = &map,
                                            .scene_features = decoder->encode_scene(map)};
    const auto network = [&](const torch::Tensor& x, const torch::Tensor& time) {
      return decoder(x, time, conditioning);
    };
    const auto model =
        diffusion::NoiseModel::rectified_flow(1.0, diffusion::Parameterization::kEdm);
    tensor::NoiseSource noise({seed});
    const std::vector<double> sigmas = diffusion::flow_sigmas(step_count);
    return method.run(model.denoiser(network),
                      noise.normal({3, size, size}),
                      sigmas,
                      {.path = diffusion::NoisePath::kRectifiedFlow},
                      noise,
                      on_step);
  }

  image::Image finish(const torch::Tensor& small, const world::Scene& scene, int wanted) {
    if (wanted == size) return tensor::to_image(small);
    const auto large = static_cast<int>(size * upscaler->config().factor);
    const tensor::LayeredMap map = world::make_scene_map(std::span(&scene, 1), large);
    const image::Image picture = tensor::to_image(upscaler(small.clamp(-1, 1), map));
    return wanted == large ? picture : image::resize(picture, wanted, wanted);
  }
};

EmbeddedModel::EmbeddedModel(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
EmbeddedModel::EmbeddedModel(EmbeddedModel&&) noexcept = default;
EmbeddedModel& EmbeddedModel::operator=(EmbeddedModel&&) noexcept = default;
EmbeddedModel::~EmbeddedModel() = default;

const std::string& EmbeddedModel::name() const { return parts_->name; }
const std::string& EmbeddedModel::hash() const { return parts_->hash; }

EmbeddedModel EmbeddedModel::load(const std::filesystem::path& folder) {
  const auto config_path = folder / "model.json";
  const Json json = parse_json(read_text_file(config_path), "[model] " + config_path.string());
  ConfigReader reader(json, config_path.string());
  std::string kind, name, sampler = "euler";
  int64_t size = 64, steps = 10;
  reader.required("kind", kind);
  reader.required("name", name);
  reader.optional("sampler", sampler);
  reader.optional("size", size);
  reader.optional("steps", steps);
  reader.finish();
  if (kind != "embedded") {
    throw Error(
        ErrorKind::kUnsupported,
        fmt::format("{}: 'kind' is \"{}\", expected \"embedded\"", config_path.string(), kind));
  }
  if (size < 16 || size > 512) reader.reject("size", "expected 16 to 512");
  if (steps < 1 || steps > kMostSteps)
    reader.reject("steps", fmt::format("expected 1 to {}", kMostSteps));
  diffusion::find_sampler(sampler);
  std::string digests;
  for (const char* file : {"model.json",
                           "tokenizer.json",
                           "prior.safetensors",
                           "decoder.safetensors",
                           "upscaler.safetensors"}) {
    digests += sha256_file(folder / file);
  }
  std::unordered_set<std::string> known;
  for (const auto language : {world::Language::kSpanish, world::Language::kEnglish}) {
    for (std::string& word : world::lexicon(language)) known.insert(std::move(word));
  }
  auto parts = std::unique_ptr<Parts>(
      new Parts{.name = name,
                .hash = sha256_hex(std::as_bytes(std::span(digests))),
                .sampler = sampler,
                .size = size,
                .steps = steps,
                .tokenizer = text::BpeTokenizer::load(folder / "tokenizer.json"),
                .prior = weights::load_module<models::ScenePrior, models::ScenePriorConfig>(
                    folder / "prior.safetensors"),
                .decoder = weights::load_module<models::Denoiser, models::DenoiserConfig>(
                    folder / "decoder.safetensors"),
                .upscaler = weights::load_module<models::Upscaler, models::UpscalerConfig>(
                    folder / "upscaler.safetensors"),
                .known_words = std::move(known)});
  parts->check(folder);
  return EmbeddedModel(std::move(parts));
}

std::vector<std::string> EmbeddedModel::unknown_words(std::string_view prompt) const {
  return text::unknown_words(world::normalise_caption(prompt), parts_->known_words);
}

std::vector<world::Scene> EmbeddedModel::imagine_scenes(const ImagineRequest& request) {
  check_request(request);
  const c10::InferenceMode inference;
  const OneThread one_thread;
  std::vector<world::Scene> scenes;
  scenes.reserve(static_cast<size_t>(request.count));
  for (int k = 0; k < request.count; ++k)
    scenes.push_back(parts_->write(request, request.seed + static_cast<uint64_t>(k)));
  return scenes;
}

std::vector<Picture> EmbeddedModel::imagine(const ImagineRequest& request,
                                            const ImagineHooks& hooks) {
  check_request(request);
  const diffusion::Sampler& method =
      diffusion::find_sampler(request.sampler.empty() ? parts_->sampler : request.sampler);
  const int steps = request.steps > 0 ? request.steps : static_cast<int>(parts_->steps);
  const c10::InferenceMode inference;
  const OneThread one_thread;
  const auto start = Clock::now();
  std::vector<Picture> pictures;
  for (int k = 0; k < request.count; ++k) {
    const uint64_t seed = request.seed + static_cast<uint64_t>(k);
    Picture picture;
    const auto scene_start = Clock::now();
    picture.scene = parts_->write(request, seed);
    picture.scene_seconds = seconds_since(scene_start);
    const auto picture_start = Clock::now();
    const auto on_step = [&](const diffusion::StepInfo& info) {
      if (hooks.progress) {
        hooks.progress({.stage = "draw",
                        .done = static_cast<int64_t>(k) * steps + info.step,
                        .total = static_cast<int64_t>(request.count) * steps,
                        .seconds = seconds_since(start)});
      }
      if (hooks.on_preview && info.step < info.total)
        hooks.on_preview(k, info.step, tensor::to_image(info.denoised));
      return !hooks.cancelled || !hooks.cancelled();
    };
    const torch::Tensor small = parts_->draw(picture.scene, seed, method, steps, on_step);
    picture.image = parts_->finish(small, picture.scene, request.width);
    picture.picture_seconds = seconds_since(picture_start);

    provenance::Record& record = picture.record;
    record.prompt = request.prompt;
    record.negative_prompt = request.negative_prompt;
    record.seed = seed;
    record.steps = steps;
    record.sampler = method.name;
    record.guidance = request.guidance;
    record.width = request.width;
    record.height = request.height;
    record.model = parts_->name;
    record.model_hash = parts_->hash;
    record.scene = world::to_json(picture.scene);
    name_sampling_elsewhere(record);
    if (hooks.on_picture) hooks.on_picture(picture);
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

}  // namespace lienzo::pipelines
