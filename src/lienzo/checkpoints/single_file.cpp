#include "lienzo/checkpoints/single_file.h"

#include <fmt/format.h>

#include "lienzo/base/error.h"
#include "lienzo/base/log.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/checkpoints/networks.h"
#include "lienzo/checkpoints/recognise.h"
#include "lienzo/weights/open_tensor_file.h"

namespace lienzo::checkpoints {
namespace {

namespace fs = std::filesystem;

// Null where the metadata does not have it.
Json stated_config(const weights::TensorFile& file, std::string_view part) {
  const auto found = file.index().metadata().find(config_key(part));
  if (found == file.index().metadata().end()) return nullptr;
  return parse_json(found->second,
                    fmt::format("[{}] the metadata '{}'", file.where(), config_key(part)));
}

std::string licence_of(const std::map<std::string, std::string>& metadata) {
  for (const char* key : {"modelspec.license", "general.license", "license", "licence"}) {
    const auto found = metadata.find(key);
    if (found != metadata.end()) return found->second;
  }
  return "";
}

void refuse(const fs::path& path, Family family) {
  const bool unsupported = family == Family::kOtherUNet || family == Family::kTransformer;
  throw Error(unsupported ? ErrorKind::kUnsupported : ErrorKind::kInvalidInput,
              fmt::format("[checkpoint] {} {}", path.string(), refusal(family)));
}

// What the network of a silent file answers with. Never a sure thing, so it is said.
Prediction guessed_prediction(const fs::path& path, const Checkpoint& model) {
  const auto seen = model.unet ? prediction_of_weights(*model.unet->tensors) : std::nullopt;
  const Prediction guess = seen.value_or(Prediction::kV);
  if (model.unet) {
    log(LogLevel::kWarning,
        fmt::format("{} does not say what its network answers; taken for {} by {}. Should its "
                    "pictures be noise, give --prediction {}",
                    path.filename().string(),
                    name(guess),
                    seen ? "its weights" : "its family",
                    name(guess == Prediction::kV ? Prediction::kEpsilon : Prediction::kV)));
  }
  return guess;
}

}  // namespace

std::string config_key(std::string_view part) { return "lienzo.config." + std::string(part); }

Checkpoint open_single_file(const fs::path& path, std::optional<Prediction> prediction) {
  const std::shared_ptr<const weights::TensorFile> file = weights::open_tensor_file(path);
  const Recognised found = recognise(file->index());
  if (found.family == Family::kOtherUNet || found.parts.empty()) refuse(path, found.family);

  Checkpoint model;
  model.path = path;
  model.family = found.family;
  model.layout = found.parts.front().naming;
  model.metadata = file->index().metadata();
  model.licence = licence_of(model.metadata);
  for (const FoundPart& part : found.parts) {
    add_network(model,
                {.file = file,
                 .part = part,
                 .config = stated_config(*file, name(part.part)),
                 .config_where = fmt::format(
                     "[{}] the metadata '{}'", file->where(), config_key(name(part.part))),
                 .family = found.family,
                 .all = found.parts});
  }
  model.scheduler = stated_config(*file, "scheduler");
  const auto said =
      prediction_of_scheduler(model.scheduler, fmt::format("[{}] the scheduler", file->where()));
  if (prediction) {
    model.prediction = *prediction;
  } else if (const auto stated =
                 said ? said : stated_prediction(found.family, file->index(), path)) {
    model.prediction = *stated;
  } else {
    model.prediction = guessed_prediction(path, model);
  }
  model.zero_terminal_snr = file->index().contains("ztsnr") ||
                            (model.scheduler.is_object() &&
                             model.scheduler.value("rescale_betas_zero_snr", Json()) == true);
  model.force_zeros_for_empty_prompt =
      found.family == Family::kSdXl || found.family == Family::kSdXlInpaint;
  // The 768-pixel models of SD 2 are those that answer with v.
  if (found.family == Family::kSd2 && model.unet && model.prediction == Prediction::kV &&
      stated_config(*file, name(Part::kUNet)).is_null())
    model.unet->config.sample_size = 96;
  return model;
}

}  // namespace lienzo::checkpoints
