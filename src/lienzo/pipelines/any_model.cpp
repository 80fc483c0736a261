#include "lienzo/pipelines/any_model.h"

#include <fmt/format.h>

#include <chrono>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/pipelines/names_elsewhere.h"

namespace lienzo::pipelines {

AnyModel AnyModel::load(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "model.json";
  const Json json = parse_json(read_text_file(path), "[model] " + path.string());
  if (!json.is_object())
    throw Error(ErrorKind::kCorrupt, fmt::format("[model] {} is not a JSON object", path.string()));
  const Json kind = json.value("kind", Json());
  if (kind == "captioned-pictures") {
    // The loader has checked the rest by then.
    AnyModel model(CaptionedModel::load(folder));
    model.settings_ = json;
    return model;
  }
  // The other kinds and their errors are the embedded model's.
  return AnyModel(EmbeddedModel::load(folder));
}

int AnyModel::own_size() const { return settings_.value("size", 0); }
double AnyModel::own_guidance() const { return settings_.value("guidance", 1.0); }

const std::string& AnyModel::name() const {
  return std::visit([](const auto& model) -> const std::string& { return model.name(); }, model_);
}

const std::string& AnyModel::hash() const {
  return std::visit([](const auto& model) -> const std::string& { return model.hash(); }, model_);
}

std::vector<std::string> AnyModel::unknown_words(std::string_view prompt) const {
  const auto* embedded = std::get_if<EmbeddedModel>(&model_);
  return embedded ? embedded->unknown_words(prompt) : std::vector<std::string>{};
}

std::vector<Picture> AnyModel::imagine(const ImagineRequest& request, const ImagineHooks& hooks) {
  if (auto* embedded = std::get_if<EmbeddedModel>(&model_))
    return embedded->imagine(request, hooks);
  if (request.scene) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("[imagine] {} draws from words and knows no scenes", name()));
  }
  if (request.width != request.height) {
    throw Error(
        ErrorKind::kUnsupported,
        fmt::format(
            "[imagine] this model draws squares, got {}x{}", request.width, request.height));
  }
  CaptionedRequest each;
  each.prompt = request.prompt;
  each.negative_prompt = request.negative_prompt;
  each.steps = request.steps;
  each.guidance = request.guidance;
  each.sampler = request.sampler;
  each.size = request.width;
  const auto start = std::chrono::steady_clock::now();
  std::vector<Picture> pictures;
  for (int k = 0; k < request.count; ++k) {
    if (hooks.cancelled && hooks.cancelled())
      throw Error(ErrorKind::kCancelled, "[imagine] stopped");
    each.seed = request.seed + static_cast<uint64_t>(k);
    const auto picture_start = std::chrono::steady_clock::now();
    Picture picture;
    picture.image = std::get<CaptionedModel>(model_).draw(each);
    const auto now = std::chrono::steady_clock::now();
    picture.picture_seconds = std::chrono::duration<double>(now - picture_start).count();
    provenance::Record& record = picture.record;
    record.prompt = request.prompt;
    record.negative_prompt = request.negative_prompt;
    record.seed = each.seed;
    record.steps = request.steps > 0 ? request.steps : settings_.value("steps", 0);
    record.sampler =
        request.sampler.empty() ? settings_.value("sampler", "euler") : request.sampler;
    record.guidance = request.guidance;
    record.width = record.height = request.width;
    record.model = name();
    record.model_hash = hash();
    name_sampling_elsewhere(record);
    if (hooks.on_picture) hooks.on_picture(picture);
    pictures.push_back(std::move(picture));
    if (hooks.progress) {
      hooks.progress({.stage = "draw",
                      .done = k + 1,
                      .total = request.count,
                      .seconds = std::chrono::duration<double>(now - start).count(),
                      .note = {}});
    }
  }
  return pictures;
}

std::vector<datasets::world::Scene> AnyModel::imagine_scenes(const ImagineRequest& request) {
  if (auto* embedded = std::get_if<EmbeddedModel>(&model_))
    return embedded->imagine_scenes(request);
  throw Error(ErrorKind::kUnsupported,
              fmt::format("[imagine] {} draws from words and plans no scenes", name()));
}

}  // namespace lienzo::pipelines
