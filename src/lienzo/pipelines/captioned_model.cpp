#include "lienzo/pipelines/captioned_model.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/hash.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/datasets/world/prior_text.h"
#include "lienzo/diffusion/guidance.h"
#include "lienzo/diffusion/noise_model.h"
#include "lienzo/diffusion/samplers/registry.h"
#include "lienzo/diffusion/schedules.h"
#include "lienzo/models/denoiser.h"
#include "lienzo/models/text_encoder.h"
#include "lienzo/tensor/image_tensor.h"
#include "lienzo/tensor/noise.h"
#include "lienzo/text/bpe_tokenizer.h"
#include "lienzo/weights/load_module.h"

namespace lienzo::pipelines {
namespace {

constexpr size_t kLongestText = 4000;  // bytes
constexpr int kMostCaptionedSteps = 200;

template <typename Number>
void check_range(const char* what, Number value, Number least, Number most) {
  if (!(value >= least && value <= most)) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[imagine] {} is {}, expected {} to {}", what, value, least, most));
  }
}

}  // namespace

struct CaptionedModel::Parts {
  std::string name, hash, sampler;
  int64_t size = 64, steps = 20;
  double guidance = 1;
  bool world_text = false;  // captions are spelled as those of the small world
  text::BpeTokenizer tokenizer;
  models::Denoiser denoiser;
  models::TextEncoder text_encoder;

  // The denoiser, told `words`; nothing for no words.
  diffusion::Denoiser told(const std::string& words) {
    const std::string spelled = world_text ? datasets::world::prior_text(words) : words;
    const std::vector<int> ids = tokenizer.encode(spelled, text::SpecialTokens::kAsText);
    const int64_t most = text_encoder->config().max_text;
    if (static_cast<int64_t>(ids.size()) > most - 1) {
      throw Error(
          ErrorKind::kInvalidInput,
          fmt::format("[imagine] the prompt has {} tokens, this model reads at most {}; shorten it",
                      ids.size(),
                      most - 1));
    }
    const auto text = text_encoder->forward(models::make_caption_batch(std::span(&ids, 1), most));
    const auto model =
        diffusion::NoiseModel::rectified_flow(1.0, diffusion::Parameterization::kEdm);
    return model.denoiser(
        [network = denoiser, text](const torch::Tensor& x, const torch::Tensor& time) mutable {
          return network(
              x, time, models::Conditioning{.context = text.features, .context_bias = text.bias});
        });
  }
};

CaptionedModel::CaptionedModel(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
CaptionedModel::CaptionedModel(CaptionedModel&&) noexcept = default;
CaptionedModel& CaptionedModel::operator=(CaptionedModel&&) noexcept = default;
CaptionedModel::~CaptionedModel() = default;

const std::string& CaptionedModel::name() const { return parts_->name; }
const std::string& CaptionedModel::hash() const { return parts_->hash; }

CaptionedModel CaptionedModel::load(const std::filesystem::path& folder) {
  const auto config_path = folder / "model.json";
  const Json json = parse_json(read_text_file(config_path), "[model] " + config_path.string());
  ConfigReader reader(json, config_path.string());
  std::string kind, name, sampler = "euler", text = "plain";
  int64_t size = 64, steps = 20;
  double guidance = 1;
  reader.required("kind", kind);
  if (kind != "captioned-pictures") {
    throw Error(
        ErrorKind::kUnsupported,
        fmt::format(
            "{}: 'kind' is \"{}\", expected \"captioned-pictures\"", config_path.string(), kind));
  }
  reader.required("name", name);
  reader.optional("sampler", sampler);
  reader.optional("size", size);
  reader.optional("steps", steps);
  reader.optional("guidance", guidance);
  reader.optional("text", text);
  reader.finish();
  if (size < 8 || size > 1024) reader.reject("size", "expected 8 to 1024");
  if (steps < 1 || steps > kMostCaptionedSteps)
    reader.reject("steps", fmt::format("expected 1 to {}", kMostCaptionedSteps));
  if (!(guidance >= 0 && guidance <= 100)) reader.reject("guidance", "expected 0 to 100");
  if (text != "plain" && text != "world") reader.reject("text", "expected \"plain\" or \"world\"");
  diffusion::find_sampler(sampler);
  std::string digests;
  for (const char* file :
       {"model.json", "tokenizer.json", "denoiser.safetensors", "text_encoder.safetensors"}) {
    digests += sha256_file(folder / file);
  }
  std::unique_ptr<Parts> parts(new Parts{
      .name = name,
      .hash = sha256_hex(std::as_bytes(std::span(digests))),
      .sampler = sampler,
      .size = size,
      .steps = steps,
      .guidance = guidance,
      .world_text = text == "world",
      .tokenizer = text::BpeTokenizer::load(folder / "tokenizer.json"),
      .denoiser = weights::load_module<models::Denoiser, models::DenoiserConfig>(
          folder / "denoiser.safetensors"),
      .text_encoder = weights::load_module<models::TextEncoder, models::TextEncoderConfig>(
          folder / "text_encoder.safetensors")});
  const int64_t width = parts->text_encoder->config().width;
  if (parts->denoiser->config().context != width ||
      parts->tokenizer.vocab_size() != parts->text_encoder->config().vocabulary) {
    throw Error(
        ErrorKind::kCorrupt,
        fmt::format("[model] {}: tokenizer, text encoder and denoiser do not belong together",
                    folder.string()));
  }
  return CaptionedModel(std::move(parts));
}

image::Image CaptionedModel::draw(const CaptionedRequest& request) {
  const int steps = request.steps == 0 ? static_cast<int>(parts_->steps) : request.steps;
  const double guidance = request.guidance.value_or(parts_->guidance);
  const int64_t size = request.size == 0 ? parts_->size : request.size;
  check_range<size_t>("the prompt's length in bytes",
                      std::max(request.prompt.size(), request.negative_prompt.size()),
                      0,
                      kLongestText);
  check_range("steps", steps, 1, kMostCaptionedSteps);
  check_range("guidance", guidance, 0.0, 100.0);
  check_range<int64_t>("size", size, 8, 1024);
  const auto& sampler =
      diffusion::find_sampler(request.sampler.empty() ? parts_->sampler : request.sampler);

  const c10::InferenceMode inference;
  const auto denoise = diffusion::guided_denoiser(
      parts_->told(request.prompt), parts_->told(request.negative_prompt), {.scale = guidance});
  tensor::NoiseSource noise({request.seed});
  const std::vector<double> sigmas = diffusion::flow_sigmas(steps);
  return tensor::to_image(sampler.run(denoise,
                                      noise.normal({3, size, size}),
                                      sigmas,
                                      {.path = diffusion::NoisePath::kRectifiedFlow},
                                      noise,
                                      {}));
}

}  // namespace lienzo::pipelines
