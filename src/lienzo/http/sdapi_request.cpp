#include "lienzo/http/sdapi_request.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "lienzo/http/http_error.h"
#include "lienzo/http/masks.h"
#include "lienzo/http/presets.h"
#include "lienzo/http/sdapi_names.h"
#include "lienzo/http/sdapi_pictures.h"
#include "lienzo/image/io.h"
#include "lienzo/image/mask.h"
#include "lienzo/provenance/record.h"
#include "lienzo/text/lora_tags.h"

namespace lienzo::http {
namespace {

using enum FieldType;
using service::Task;

// modules/api/models.py and the parameters of modules/processing.py; the last rows are Forge's.
constexpr FieldRow kCommon[] = {
    {"prompt", kText, R"("")"},
    {"negative_prompt", kText, R"("")"},
    {"styles", kList},
    {"seed", kWhole, "-1"},
    {"subseed", kWhole, "-1"},
    {"subseed_strength", kReal, "0"},
    {"seed_resize_from_h", kWhole, "-1"},
    {"seed_resize_from_w", kWhole, "-1"},
    {"sampler_name", kText},
    {"sampler_index", kText, R"("Euler")"},
    {"scheduler", kText},
    {"batch_size", kWhole, "1"},
    {"n_iter", kWhole, "1"},
    {"steps", kWhole, "50"},
    {"cfg_scale", kReal, "7.0"},
    {"width", kWhole, "512"},
    {"height", kWhole, "512"},
    {"restore_faces", kFlag},
    {"tiling", kFlag},
    {"do_not_save_samples", kFlag, "false"},
    {"do_not_save_grid", kFlag, "false"},
    {"eta", kReal},
    {"denoising_strength", kReal, "0.75"},
    {"s_min_uncond", kReal},
    {"s_churn", kReal},
    {"s_tmax", kReal},
    {"s_tmin", kReal},
    {"s_noise", kReal},
    {"override_settings", kObject},
    {"override_settings_restore_afterwards", kFlag, "true"},
    {"refiner_checkpoint", kText},
    {"refiner_switch_at", kReal},
    {"disable_extra_networks", kFlag, "false"},
    {"firstpass_image", kText},
    {"comments", kObject},
    {"force_task_id", kText},
    {"script_name", kText},
    {"script_args", kList, "[]"},
    {"alwayson_scripts", kObject, "{}"},
    {"send_images", kFlag, "true"},
    {"save_images", kFlag, "false"},
    {"infotext", kText},
    {"distilled_cfg_scale", kReal, "3.5"},
};

constexpr FieldRow kFromWords[] = {
    {"enable_hr", kFlag, "false"},
    {"firstphase_width", kWhole, "0"},
    {"firstphase_height", kWhole, "0"},
    {"hr_scale", kReal, "2.0"},
    {"hr_upscaler", kText},
    {"hr_second_pass_steps", kWhole, "0"},
    {"hr_resize_x", kWhole, "0"},
    {"hr_resize_y", kWhole, "0"},
    {"hr_checkpoint_name", kText},
    {"hr_sampler_name", kText},
    {"hr_scheduler", kText},
    {"hr_prompt", kText, R"("")"},
    {"hr_negative_prompt", kText, R"("")"},
    {"hr_cfg", kReal, "1.0"},
    {"hr_distilled_cfg", kReal, "3.5"},
    {"hr_additional_modules", kList},
};

constexpr FieldRow kFromPicture[] = {
    {"init_images", kList},
    {"resize_mode", kWhole, "0"},
    {"image_cfg_scale", kReal},
    {"mask", kText},
    {"mask_blur", kWhole},
    {"mask_blur_x", kWhole, "4"},
    {"mask_blur_y", kWhole, "4"},
    {"mask_round", kFlag, "true"},
    {"inpainting_fill", kWhole, "0"},
    {"inpaint_full_res", kFlag, "true"},
    {"inpaint_full_res_padding", kWhole, "0"},
    {"inpainting_mask_invert", kWhole, "0"},
    {"initial_noise_multiplier", kReal},
    {"latent_mask", kText},
    {"include_init_images", kFlag, "false"},
};

std::vector<FieldRow> rows(bool with_picture) {
  std::vector<FieldRow> rows(std::begin(kCommon), std::end(kCommon));
  if (with_picture) {
    rows.insert(rows.end(), std::begin(kFromPicture), std::end(kFromPicture));
  } else {
    rows.insert(rows.end(), std::begin(kFromWords), std::end(kFromWords));
  }
  return rows;
}

void only(const SdApiFields& fields, const std::string& name, const Json& value) {
  const Json& given = fields[name];
  if (given.is_null() || given == value) return;
  reject_field(name, fmt::format("not available here; leave it out or give {}", value.dump()));
}

void only_texts(const SdApiFields& fields,
                const std::string& name,
                std::initializer_list<std::string_view> values) {
  const std::string given = fields.text(name);
  if (given.empty() || std::find(values.begin(), values.end(), given) != values.end()) return;
  reject_field(name, fmt::format("'{}' is not available here; leave it out", given));
}

// A script that is switched off does no harm: clients send those.
bool is_off(const Json& unit) {
  return unit.is_null() || unit == false ||
         (unit.is_object() && unit.value("enabled", Json()) == false);
}

void check_scripts(const SdApiFields& fields) {
  only_texts(fields, "script_name", {"None"});
  for (const auto& script : fields["alwayson_scripts"].items()) {
    const std::string name = "alwayson_scripts." + script.key();
    const Json args =
        script.value().is_object() ? script.value().value("args", Json::array()) : Json();
    if (!args.is_array()) reject_field(name, "expected {\"args\": [...]}");
    if (!std::all_of(args.begin(), args.end(), is_off))
      reject_field(name, "there are no scripts here; leave it out");
  }
}

// Tags for LoRAs belong into the prompt; with disable_extra_networks they are taken out and do
// nothing (modules/processing.py).
std::string prompt_without_networks(const std::string& prompt) {
  try {
    return text::split_lora_tags(prompt).words;
  } catch (const Error& problem) {
    reject_field("prompt", problem.what());
  }
}

void check_negative_prompt(const SdApiFields& fields) {
  const std::string prompt = fields.text("negative_prompt");
  if (fields.flag("disable_extra_networks")) return;
  for (const std::string_view network : {"<lora:", "<lyco:", "<hypernet:"}) {
    if (prompt.find(network) != std::string::npos) {
      reject_field("negative_prompt",
                   fmt::format("'{}...>' does nothing here; put it into the prompt, or set "
                               "disable_extra_networks to have it read as words",
                               network));
    }
  }
}

void refuse_unavailable(const SdApiFields& fields) {
  prompt_without_networks(fields.text("prompt"));
  check_negative_prompt(fields);
  check_scripts(fields);
  only(fields, "restore_faces", false);
  only(fields, "tiling", false);
  only(fields, "subseed_strength", 0);
  only(fields, "s_churn", 0);
  only(fields, "s_noise", 1);
  only(fields, "s_min_uncond", 0);
  for (const char* name : {"seed_resize_from_h", "seed_resize_from_w"}) {
    if (fields.whole(name) > 0) reject_field(name, "not available here; leave it out or give 0");
  }
  only_texts(fields, "refiner_checkpoint", {"None"});
  only_texts(fields, "firstpass_image", {});
}

// The prompts as the styles of prompt-styles make them (modules/styles.py, merge_prompts()).
void apply_styles(const SdApiFields& fields, service::DrawRequest& draw) {
  const auto merged = [](const std::string& prompt, const std::string& style) {
    const size_t place = style.find("{prompt}");
    if (place != std::string::npos)
      return std::string(style).replace(place, std::string_view("{prompt}").size(), prompt);
    return prompt.empty() || style.empty() ? prompt + style : prompt + ", " + style;
  };
  if (!fields["styles"].is_array()) return;
  const Json known = presets();
  for (const Json& wanted : fields["styles"]) {
    const auto style = std::find_if(known.begin(), known.end(), [&](const Json& one) {
      return one["id"] == wanted || one["name"]["en"] == wanted || one["name"]["es"] == wanted;
    });
    if (style == known.end())
      reject_field("styles",
                   fmt::format("no style {} here; see /sdapi/v1/prompt-styles", wanted.dump()));
    draw.prompt = merged(draw.prompt, (*style)["prompt"]);
    draw.negative_prompt = merged(draw.negative_prompt, (*style)["negative_prompt"]);
  }
}

// "Size" of an infotext and the rest, for what the client did not give.
void fill_from_infotext(SdApiFields& fields) {
  if (!fields.given("infotext") || fields.text("infotext").empty()) return;
  provenance::Record record;
  try {
    record = provenance::record_from_parameters(fields.text("infotext"), "infotext");
  } catch (const Error& problem) {
    reject_field("infotext", problem.what());
  }
  fields.fill("prompt", record.prompt);
  fields.fill("negative_prompt", record.negative_prompt);
  if (record.seed <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    fields.fill("seed", static_cast<int64_t>(record.seed));
  fields.fill("cfg_scale", record.guidance);
  if (record.steps > 0) fields.fill("steps", record.steps);
  if (!record.sampler.empty()) fields.fill("sampler_name", record.sampler);
  if (record.width > 0 && record.height > 0) {
    fields.fill("width", record.width);
    fields.fill("height", record.height);
  }
  const auto number = [&](const char* theirs, const char* ours) {
    const std::optional<Json> value = coerce(record.extra.value(theirs, Json()), kReal);
    if (value) fields.fill(ours, *value);
  };
  number("Denoising strength", "denoising_strength");
  const Json schedule = record.extra.value("Schedule type", Json());
  if (schedule.is_string()) fields.fill("scheduler", schedule);
}

// A whole number that a picture may have; what a model allows is checked later.
int ranged(const SdApiFields& fields, const std::string& name, int64_t low, int64_t high) {
  const int64_t value = fields.whole(name);
  if (value < low || value > high)
    reject_field(name, fmt::format("is {}, expected {} to {}", value, low, high));
  return static_cast<int>(value);
}

void read_common(const SdApiFields& fields,
                 const service::ModelFacts& model,
                 service::DrawRequest& draw) {
  constexpr int kMostPictures = 64;
  constexpr int kLargestSide = 8192;
  draw.prompt = fields.flag("disable_extra_networks")
                    ? prompt_without_networks(fields.text("prompt"))
                    : fields.text("prompt");
  draw.negative_prompt = fields.text("negative_prompt");
  apply_styles(fields, draw);
  const int batch = ranged(fields, "batch_size", 1, kMostPictures);
  const int batches = ranged(fields, "n_iter", 1, kMostPictures);
  if (batch * batches > kMostPictures) {
    reject_field("n_iter",
                 fmt::format("batch_size x n_iter is {}, expected at most {} pictures",
                             batch * batches,
                             kMostPictures));
  }
  draw.count = batch * batches;
  if (fields.whole("seed") >= 0) draw.seed = static_cast<uint64_t>(fields.whole("seed"));
  // Its defaults are made for Stable Diffusion; other models have their own.
  const bool theirs = is_stable_diffusion(model);
  const auto counts = [&](const char* name) { return theirs || fields.given(name); };
  if (counts("steps")) draw.steps = ranged(fields, "steps", 1, 10'000);
  if (counts("cfg_scale")) draw.guidance = fields.real("cfg_scale");
  if (counts("width")) draw.width = ranged(fields, "width", 64, kLargestSide);
  if (counts("height")) draw.height = ranged(fields, "height", 64, kLargestSide);

  std::string sampler = fields.text("sampler_name");
  if (sampler.empty() && counts("sampler_index")) sampler = fields.text("sampler_index");
  const SdChoice choice = choose_sampler(sampler, fields.text("scheduler"), model);
  draw.sampler = choice.sampler;
  draw.schedule = choice.schedule;
  // Where a sampler takes no eta, it does nothing there either, and clients send it always.
  if (fields.given("eta") && choice.row && choice.row->eta &&
      fields.real("eta") != *choice.row->eta)
    draw.eta = fields.real("eta");
}

// hr_resize_x and _y as a scale.
double hires_scale(const SdApiFields& fields) {
  const double x = static_cast<double>(fields.whole("hr_resize_x"));
  const double y = static_cast<double>(fields.whole("hr_resize_y"));
  if (x <= 0 && y <= 0) return fields.real("hr_scale");
  const double by_x = x / static_cast<double>(fields.whole("width"));
  const double by_y = y / static_cast<double>(fields.whole("height"));
  if (x > 0 && y > 0 && std::abs(by_x - by_y) > 1e-6 * by_x)
    reject_field("hr_resize_y", "not of the aspect of width and height; nothing is cut off here");
  return x > 0 ? by_x : by_y;
}

void read_hires(const SdApiFields& fields, service::DrawRequest& draw) {
  if (!fields.flag("enable_hr")) return;
  if (fields.whole("firstphase_width") > 0 || fields.whole("firstphase_height") > 0)
    reject_field("firstphase_width", "not available here; give width, height and hr_scale");
  only_texts(fields, "hr_upscaler", {"None", "Lanczos"});
  only_texts(fields, "hr_checkpoint_name", {"Use same checkpoint"});
  only_texts(fields, "hr_sampler_name", {"Use same sampler", fields.text("sampler_name")});
  only_texts(fields, "hr_scheduler", {"Use same scheduler", fields.text("scheduler")});
  only_texts(fields, "hr_prompt", {fields.text("prompt")});
  only_texts(fields, "hr_negative_prompt", {fields.text("negative_prompt")});
  if (fields.given("hr_cfg") && fields.real("hr_cfg") != fields.real("cfg_scale"))
    reject_field("hr_cfg", "the second pass has the cfg_scale of the first; leave it out");
  draw.hires.emplace();
  draw.hires->scale = hires_scale(fields);
  draw.hires->strength = fields.real("denoising_strength");
  draw.hires->steps = ranged(fields, "hr_second_pass_steps", 0, 10'000);
}

std::string keep_png(Context& context, const image::Image& picture) {
  const std::string bytes = png_bytes(picture);
  return context.blobs.put(std::as_bytes(std::span(bytes)));
}

int blur_of(const SdApiFields& fields) {
  constexpr int kMost = 256;
  if (fields.given("mask_blur")) return ranged(fields, "mask_blur", 0, kMost);
  if (fields.whole("mask_blur_x") != fields.whole("mask_blur_y"))
    reject_field("mask_blur_y", "differs from mask_blur_x; one blur for both is possible here");
  return ranged(fields, "mask_blur_x", 0, kMost);
}

void check_picture_fields(const SdApiFields& fields) {
  if (ranged(fields, "resize_mode", 0, 3) == 3)
    reject_field("resize_mode", "3 (latent upscale) is not available here; give 0, 1 or 2");
  if (ranged(fields, "inpainting_fill", 0, 3) > 1)
    reject_field("inpainting_fill", "2 and 3 (latent) are not available here; give 0 or 1");
  ranged(fields, "inpainting_mask_invert", 0, 1);
  only(fields, "mask_round", true);
  only(fields, "initial_noise_multiplier", 1);
  only_texts(fields, "latent_mask", {});
}

// The only one of init_images.
std::string init_image(Context& context, const SdApiFields& fields) {
  const Json& images = fields["init_images"];
  if (!images.is_array() || images.empty())
    throw HttpError(404, "not_found", "Init image not found", "init_images");
  if (images.size() > 1) reject_field("init_images", "one picture at a time is possible here");
  if (!images[0].is_string()) reject_field("init_images", "str type expected", "type_error.str");
  return picture_bytes(context, images[0].get<std::string>(), "init_images");
}

image::Image read_mask(Context& context, const SdApiFields& fields, const image::Image& picture) {
  const std::string bytes = picture_bytes(context, fields.text("mask"), "mask");
  keep_picture(context, bytes, "mask");
  image::Image mask = mask_from_strokes(bytes);
  if (mask.width != picture.width || mask.height != picture.height) {
    reject_field("mask",
                 fmt::format("has {}x{} pixels and the picture {}x{}; expected the same size",
                             mask.width,
                             mask.height,
                             picture.width,
                             picture.height));
  }
  return mask;
}

image::Image inverted(image::Image mask) {
  for (uint8_t& value : mask.pixels) value = static_cast<uint8_t>(255 - value);
  return mask;
}

void read_picture(Context& context, const SdApiFields& fields, service::DrawRequest& draw) {
  check_picture_fields(fields);
  const std::string bytes = init_image(context, fields);
  draw.task = Task::kEdit;
  draw.picture = keep_picture(context, bytes, "init_images").id;
  draw.strength = fields.real("denoising_strength");

  const bool masked = !fields.text("mask").empty();
  draw.only_masked = masked && fields.flag("inpaint_full_res");
  const int mode = static_cast<int>(fields.whole("resize_mode"));
  // With inpaint_full_res the picture keeps its size, and only what is repainted is worked on.
  const bool reshaped = mode != 0 && !draw.only_masked && draw.width > 0 && draw.height > 0;
  const bool fills = masked && fields.whole("inpainting_fill") == 0;
  if (!masked && !reshaped) return;

  image::Image picture = image::decode_image(std::as_bytes(std::span(bytes)), {}, "init_images");
  image::Image mask;
  if (masked) mask = read_mask(context, fields, picture);
  if (reshaped) {
    const int64_t most = context.limits.largest_picture;
    if (int64_t{draw.width} * draw.height > most)
      reject_field("width", fmt::format("width x height is above {} pixels", most));
    const KeepAspect how = mode == 1 ? KeepAspect::kCrop : KeepAspect::kFill;
    picture = resize_keeping_aspect(picture, draw.width, draw.height, how);
    if (masked) mask = resize_keeping_aspect(mask, draw.width, draw.height, how);
  }
  draw.mask_invert = masked && fields.whole("inpainting_mask_invert") == 1;
  if (fills) picture = fill_from_surroundings(picture, draw.mask_invert ? inverted(mask) : mask);
  if (fills || reshaped) draw.picture = keep_png(context, picture);
  if (!masked) return;
  draw.task = Task::kInpaint;
  draw.mask = keep_png(context, mask);
  draw.mask_blur = blur_of(fields);
  draw.padding = ranged(fields, "inpaint_full_res_padding", 0, 1024);
}

}  // namespace

SdApiRequest read_sdapi_request(Context& context,
                                SdApiOptions& options,
                                const Call& call,
                                bool with_picture) {
  const std::vector<service::ModelFacts> models = context.engine.models();
  SdApiFields fields(call.json(), rows(with_picture));
  fill_from_infotext(fields);
  refuse_unavailable(fields);
  const Json overrides =
      fields["override_settings"].is_object() ? fields["override_settings"] : Json::object();
  const Json settings = options.with(call.caller.owner, overrides, models);
  const service::ModelFacts& model = model_of(settings, models);
  SdApiRequest request{.draw = service::DrawRequest(),
                       .fields = std::move(fields),
                       .options = settings,
                       .model = model,
                       .with_picture = with_picture};
  request.draw.model = request.model.id;
  apply_options(request.options, request.model, request.draw);
  read_common(request.fields, request.model, request.draw);
  if (with_picture) {
    read_picture(context, request.fields, request.draw);
  } else {
    read_hires(request.fields, request.draw);
  }
  if (!request.fields.flag("override_settings_restore_afterwards"))
    options.set(call.caller.owner, overrides, models);
  return request;
}

std::string sdapi_name(const std::string& field) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kNames = {{
      {"guidance", "cfg_scale"},
      {"count", "batch_size"},
      {"sampler", "sampler_name"},
      {"schedule", "scheduler"},
      {"strength", "denoising_strength"},
      {"picture", "init_images"},
      {"padding", "inpaint_full_res_padding"},
      {"mask_invert", "inpainting_mask_invert"},
      {"only_masked", "inpaint_full_res"},
      {"hires.scale", "hr_scale"},
      {"hires.strength", "denoising_strength"},
      {"hires.steps", "hr_second_pass_steps"},
      {"hires", "enable_hr"},
  }};
  for (const auto& [ours, theirs] : kNames) {
    if (ours == field) return std::string(theirs);
  }
  return field;
}

}  // namespace lienzo::http
