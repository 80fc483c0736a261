#include "lienzo/http/sdapi_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "lienzo/base/error.h"
#include "lienzo/base/suggest.h"
#include "lienzo/http/sdapi_fields.h"
#include "lienzo/http/sdapi_names.h"

namespace lienzo::http {
namespace {

constexpr std::string_view kCheckpoint = "sd_model_checkpoint";

/// One setting. `allowed` is a JSON list of its values; empty: any of the type.
struct OptionRow {
  std::string_view name;
  FieldType type;
  std::string_view normal;
  std::string_view allowed = "";
};

using enum FieldType;

constexpr OptionRow kOptions[] = {
    // These change pictures.
    {"sd_model_checkpoint", kText, "null"},
    {"CLIP_stop_at_last_layers", kWhole, "1", "[1,2,3,4,5,6,7,8,9,10,11,12]"},
    {"samples_format", kText, R"("png")", R"(["png","jpg","jpeg","webp"])"},
    {"jpeg_quality", kWhole, "80"},
    {"randn_source", kText, R"("GPU")", R"(["GPU","CPU","NV"])"},
    // These would, and may only be off.
    {"sd_vae", kText, R"("Automatic")", R"(["Automatic","None"])"},
    {"sd_unet", kText, R"("Automatic")", R"(["Automatic","None"])"},
    {"sd_hypernetwork", kText, R"("None")", R"(["None"])"},
    {"eta_noise_seed_delta", kWhole, "0", "[0]"},
    {"eta_ancestral", kReal, "1.0", "[1.0]"},
    {"eta_ddim", kReal, "0.0", "[0.0]"},
    {"s_churn", kReal, "0.0", "[0.0]"},
    {"s_noise", kReal, "1.0", "[1.0]"},
    {"s_min_uncond", kReal, "0.0", "[0.0]"},
    {"token_merging_ratio", kReal, "0.0", "[0.0]"},
    {"token_merging_ratio_img2img", kReal, "0.0", "[0.0]"},
    {"token_merging_ratio_hr", kReal, "0.0", "[0.0]"},
    {"emphasis", kText, R"("Original")", R"(["Original"])"},
    {"face_restoration", kFlag, "false", "[false]"},
    {"tiling", kFlag, "false", "[false]"},
    {"img2img_color_correction", kFlag, "false", "[false]"},
    {"img2img_fix_steps", kFlag, "false", "[false]"},
    {"initial_noise_multiplier", kReal, "1.0", "[1.0]"},
    {"return_mask", kFlag, "false", "[false]"},
    {"return_mask_composite", kFlag, "false", "[false]"},
    {"enable_pnginfo", kFlag, "true", "[true]"},
    {"upscaler_for_img2img", kText, "null", R"(["None","Lanczos",""])"},
    // These are kept for those who read them back.
    {"sd_checkpoint_hash", kText, "null"},
    {"face_restoration_model", kText, R"("CodeFormer")"},
    {"return_grid", kFlag, "false"},
    {"grid_save", kFlag, "false"},
    {"samples_save", kFlag, "true"},
    {"save_to_dirs", kFlag, "true"},
    {"do_not_show_images", kFlag, "false"},
    {"add_model_hash_to_info", kFlag, "true"},
    {"add_model_name_to_info", kFlag, "true"},
    {"live_previews_enable", kFlag, "true"},
    {"live_previews_image_format", kText, R"("webp")"},
    {"show_progress_every_n_steps", kWhole, "10"},
    {"show_progress_type", kText, R"("Approx NN")"},
    {"sd_checkpoints_limit", kWhole, "1"},
    {"sd_checkpoint_cache", kWhole, "0"},
    {"sd_vae_checkpoint_cache", kWhole, "0"},
    {"interrupt_after_current", kFlag, "false"},
};

std::string name_in_store(std::string_view name) { return fmt::format("sdapi.{}", name); }

const OptionRow* find_row(const std::string& name) {
  const auto* found = std::find_if(
      std::begin(kOptions), std::end(kOptions), [&](const auto& row) { return row.name == name; });
  return found == std::end(kOptions) ? nullptr : found;
}

[[noreturn]] void reject_unknown(const std::string& prefix, const std::string& name) {
  std::vector<std::string> names;
  for (const OptionRow& row : kOptions) names.emplace_back(row.name);
  reject_field(prefix + name,
               fmt::format("no such setting here{}", suggestion(name, names)),
               "value_error.extra");
}

// The value as it is kept.
Json checked(const std::string& prefix,
             const std::string& name,
             const Json& value,
             std::span<const service::ModelFacts> models) {
  const OptionRow* row = find_row(name);
  if (!row) reject_unknown(prefix, name);
  if (value.is_null()) return Json::parse(row->normal);
  const std::optional<Json> typed = coerce(value, row->type);
  if (!typed) reject_field(prefix + name, "value has the wrong type", "type_error");
  if (name == kCheckpoint && *typed != "") {
    const service::ModelFacts* model = find_checkpoint(models, typed->get<std::string>());
    if (!model) {
      std::string titles;
      for (const service::ModelFacts& one : models)
        titles += (titles.empty() ? "" : ", ") + checkpoint_title(one);
      reject_field(prefix + name, fmt::format("model not found; there are: {}", titles));
    }
    return model->id;
  }
  if (name == "jpeg_quality" && (*typed < 1 || *typed > 100))
    reject_field(prefix + name, "expected 1 to 100");
  if (row->allowed.empty()) return *typed;
  const Json allowed = Json::parse(row->allowed);
  if (std::find(allowed.begin(), allowed.end(), *typed) == allowed.end())
    reject_field(prefix + name,
                 fmt::format("not available here; expected one of {}", row->allowed));
  return *typed;
}

}  // namespace

Json SdApiOptions::of(const std::string& owner, std::span<const service::ModelFacts> models) {
  Json options = Json::object();
  const std::map<std::string, std::string> kept = store_.settings(owner);
  for (const OptionRow& row : kOptions) {
    const auto found = kept.find(name_in_store(row.name));
    options[std::string(row.name)] = Json::parse(found == kept.end() ? row.normal : found->second);
  }
  if (models.empty()) return options;
  const service::ModelFacts& model = model_of(options, models);
  options[std::string(kCheckpoint)] = checkpoint_title(model);
  options["sd_checkpoint_hash"] = model.hash;
  return options;
}

void SdApiOptions::set(const std::string& owner,
                       const Json& changes,
                       std::span<const service::ModelFacts> models) {
  std::map<std::string, std::string> kept;
  for (const auto& item : changes.items())
    kept[name_in_store(item.key())] = checked("", item.key(), item.value(), models).dump();
  if (!kept.empty()) store_.put_settings(owner, kept);
}

Json SdApiOptions::with(const std::string& owner,
                        const Json& changes,
                        std::span<const service::ModelFacts> models) {
  Json options = of(owner, models);
  for (const auto& item : changes.items())
    options[item.key()] = checked("override_settings.", item.key(), item.value(), models);
  return options;
}

const service::ModelFacts& model_of(const Json& options,
                                    std::span<const service::ModelFacts> models) {
  if (models.empty())
    throw Error(ErrorKind::kNotFound, "[sdapi] there are no models; see 'lienzo model pull'");
  const Json name = options.value(std::string(kCheckpoint), Json());
  const service::ModelFacts* model =
      name.is_string() ? find_checkpoint(models, name.get<std::string>()) : nullptr;
  return model ? *model : models.front();
}

void apply_options(const Json& options,
                   const service::ModelFacts& model,
                   service::DrawRequest& request) {
  const std::string format = options.at("samples_format");
  request.output.format = format == "jpeg" ? "jpg" : format;
  request.output.quality = options.at("jpeg_quality");
  const int skip = options.at("CLIP_stop_at_last_layers");
  if (skip > 1) request.clip_skip = skip;
  // The same seeds as there: its GPU's random numbers, unless CPU is asked for.
  if (is_stable_diffusion(model))
    request.noise = options.at("randn_source") == "CPU" ? "cpu" : "gpu";
}

}  // namespace lienzo::http
