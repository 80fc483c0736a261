#include "lienzo/checkpoints/diffusers_folder.h"

#include <fmt/format.h>

#include <array>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/model_card.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/checkpoints/networks.h"
#include "lienzo/checkpoints/part_files.h"
#include "lienzo/checkpoints/recognise.h"

namespace lienzo::checkpoints {
namespace {

namespace fs = std::filesystem;

// Places of model_index.json and the classes that may stand there.
struct Place {
  std::string_view folder;
  std::string_view class_name;
  Part part;
};
constexpr std::array kPlaces = {
    Place{"unet", "UNet2DConditionModel", Part::kUNet},
    Place{"vae", "AutoencoderKL", Part::kVae},
    Place{"vae", "AutoencoderTiny", Part::kTaesd},
    Place{"text_encoder", "CLIPTextModel", Part::kTextEncoder},
    Place{"text_encoder", "CLIPTextModelWithProjection", Part::kTextEncoder},
    Place{"text_encoder_2", "CLIPTextModelWithProjection", Part::kTextEncoder2},
};

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::string class_in_index(const Json& index, std::string_view place) {
  if (!index.contains(place)) return "";
  const Json& entry = index[std::string(place)];
  if (!entry.is_array() || entry.size() != 2 || !entry[1].is_string()) return "";
  return entry[1].get<std::string>();
}

PartFiles open_part(const fs::path& folder, const OpenOptions& options) {
  return open_part_folder(folder, options.variant, "checkpoint");
}

PartSource source_of(PartFiles files, Part part, Family family) {
  return {.file = files.tensors,
          .part = {part, "", Naming::kDiffusers},
          .config = std::move(files.config),
          .config_where = std::move(files.config_where),
          .family = family};
}

// A network alone, by what its config.json says that it is.
Part part_of_config(const Json& config, const std::string& where) {
  std::string found;
  if (config.is_object()) {
    const Json class_name = config.value("_class_name", Json());
    if (class_name.is_string()) found = class_name.get<std::string>();
    const Json architectures = config.value("architectures", Json());
    if (found.empty() && architectures.is_array() && !architectures.empty() &&
        architectures[0].is_string())
      found = architectures[0].get<std::string>();
  }
  for (const Place& place : kPlaces) {
    if (found == place.class_name) return place.part;
  }
  throw Error(ErrorKind::kUnsupported,
              fmt::format("{}: describes {}, expected a U-Net, an autoencoder or a CLIP text "
                          "encoder (UNet2DConditionModel, AutoencoderKL, AutoencoderTiny, "
                          "CLIPTextModel, CLIPTextModelWithProjection)",
                          where,
                          found.empty() ? "nothing by name" : "a " + found));
}

void add_scheduler(Checkpoint& model, const fs::path& folder, const OpenOptions& options) {
  const fs::path path = folder / "scheduler" / "scheduler_config.json";
  const std::string where = "[checkpoint] " + path.string();
  if (is_there(path)) model.scheduler = parse_python_json(read_text_file(path), where);
  const auto said = prediction_of_scheduler(model.scheduler, where);
  model.prediction = options.prediction.value_or(said.value_or(Prediction::kEpsilon));
  model.zero_terminal_snr = model.scheduler.is_object() &&
                            model.scheduler.value("rescale_betas_zero_snr", Json()) == true;
}

void add_tokenizers(Checkpoint& model, const fs::path& folder) {
  const auto find = [&](const char* name, std::optional<fs::path>& target) {
    if (is_there(folder / name / "vocab.json")) target = folder / name;
  };
  find("tokenizer", model.tokenizer);
  find("tokenizer_2", model.tokenizer_2);
}

Family family_of_unet(const weights::TensorIndex& index, const fs::path& folder) {
  const Family family = recognise(index).family;
  if (draws(family)) return family;
  throw Error(ErrorKind::kUnsupported,
              fmt::format("[checkpoint] {} {}", folder.string(), refusal(family)));
}

Checkpoint open_network_alone(const fs::path& folder, const OpenOptions& options) {
  PartFiles files = open_part(folder, options);
  const Part part = part_of_config(files.config, files.config_where);
  Checkpoint model;
  model.family = part == Part::kUNet    ? family_of_unet(files.tensors->index(), folder)
                 : part == Part::kVae   ? Family::kVae
                 : part == Part::kTaesd ? Family::kTaesd
                                        : Family::kClipText;
  add_network(
      model,
      source_of(
          std::move(files), part == Part::kTextEncoder2 ? Part::kTextEncoder : part, model.family));
  return model;
}

Checkpoint open_whole(const fs::path& folder, const OpenOptions& options) {
  const fs::path index_path = folder / "model_index.json";
  const std::string where = "[checkpoint] " + index_path.string();
  const Json index = parse_json(read_text_file(index_path), where);
  if (!index.is_object()) throw Error(ErrorKind::kCorrupt, where + ": expected an object");
  if (!class_in_index(index, "transformer").empty()) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("[checkpoint] {} {}", folder.string(), refusal(Family::kTransformer)));
  }
  Checkpoint model;
  // The U-Net comes first in the table: it tells the family of the others.
  for (const std::string_view name : {"unet", "vae", "text_encoder", "text_encoder_2"}) {
    const std::string class_name = class_in_index(index, name);
    if (class_name.empty()) continue;
    const auto place = std::find_if(kPlaces.begin(), kPlaces.end(), [&](const Place& each) {
      return each.folder == name && each.class_name == class_name;
    });
    if (place == kPlaces.end()) {
      throw Error(ErrorKind::kUnsupported,
                  fmt::format("{}: '{}' is a {}, which is not supported",
                              where,
                              name,
                              weights::quote_name(class_name)));
    }
    PartFiles files = open_part(folder / name, options);
    if (place->part == Part::kUNet)
      model.family = family_of_unet(files.tensors->index(), folder / name);
    add_network(model, source_of(std::move(files), place->part, model.family));
  }
  if (!model.unet) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("{}: names no U-Net of Stable Diffusion under 'unet'", where));
  }
  model.force_zeros_for_empty_prompt = index.value("force_zeros_for_empty_prompt", Json()) == true;
  return model;
}

}  // namespace

Checkpoint open_diffusers_folder(const fs::path& folder, const OpenOptions& options) {
  const bool whole = is_there(folder / "model_index.json");
  if (!whole && !is_there(folder / "config.json")) {
    throw Error(ErrorKind::kNotFound,
                fmt::format("[checkpoint] {} holds no model, expected a diffusers folder with "
                            "model_index.json, or config.json beside the weights of one network",
                            folder.string()));
  }
  Checkpoint model = whole ? open_whole(folder, options) : open_network_alone(folder, options);
  model.path = folder;
  model.layout = Naming::kDiffusers;
  add_scheduler(model, folder, options);
  add_tokenizers(model, folder);
  model.licence = licence_in(folder);
  return model;
}

}  // namespace lienzo::checkpoints
