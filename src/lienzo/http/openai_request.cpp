#include "lienzo/http/openai_request.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>
#include <vector>

#include "lienzo/base/field_error.h"
#include "lienzo/http/http_error.h"
#include "lienzo/http/masks.h"
#include "lienzo/http/openai_fields.h"
#include "lienzo/http/openai_loras.h"
#include "lienzo/image/io.h"

namespace lienzo::http {
namespace {

using service::Task;

constexpr size_t kLongestPrompt = 32'000;
constexpr int kMostPictures = 10;

bool parse_side(std::string_view text, int& side) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), side);
  return problem == std::errc() && end == text.data() + text.size() && side > 0;
}

void read_size(OpenAiFields& fields, OpenAiRequest& request) {
  const std::string size = fields.text("size").value_or("auto");
  if (size == "auto") return;
  const size_t cross = size.find('x');
  int width = 0, height = 0;
  if (cross == std::string::npos || !parse_side(std::string_view(size).substr(0, cross), width) ||
      !parse_side(std::string_view(size).substr(cross + 1), height)) {
    refuse_field("size",
                 "Invalid 'size': expected 'auto' or WIDTHxHEIGHT in pixels, such as '512x512'.");
  }
  request.draw.width = width;
  request.draw.height = height;
}

// One number under either of two names.
template <class Read>
auto either(const std::string& one, const std::string& other, Read read) {
  const auto first = read(one), second = read(other);
  if (first && second && *first != *second) {
    refuse_field(other, fmt::format("'{}' and '{}' say different things; give one.", one, other));
  }
  return first ? first : second;
}

// What OpenAI's API does not have: seed, steps and the rest, at the top level.
void read_extras(OpenAiFields& fields, OpenAiRequest& request) {
  constexpr double kLargest = 100;
  service::DrawRequest& draw = request.draw;
  const auto whole = [&](const std::string& name) { return fields.whole(name, 1, 10'000); };
  const auto real = [&](const std::string& name) { return fields.real(name, 0, kLargest); };
  const auto name_of = [&](const char* one, const char* other) {
    return std::string(fields.has(one) ? one : other);
  };
  request.names["steps"] = name_of("steps", "num_inference_steps");
  request.names["guidance"] = name_of("guidance_scale", "cfg_scale");
  draw.steps = static_cast<int>(either("steps", "num_inference_steps", whole).value_or(0));
  draw.guidance = either("guidance_scale", "cfg_scale", real);
  if (const auto seed = fields.whole("seed", -1, std::numeric_limits<int64_t>::max());
      seed && *seed >= 0)
    draw.seed = static_cast<uint64_t>(*seed);
  draw.negative_prompt = fields.text("negative_prompt").value_or("");
  draw.sampler = fields.text("sampler").value_or("");
  draw.schedule = fields.text("scheduler").value_or("");
  draw.strength = fields.real("strength", 0, 1);
  request.names["loras"] = "lora";
  draw.loras = read_openai_loras(fields.any("lora"));
}

void read_output(OpenAiFields& fields, OpenAiRequest& request) {
  request.urls = fields.choice("response_format", {"url", "b64_json"}, "url") == "url";
  request.format = fields.choice("output_format", {"png", "jpeg", "webp"}, "png");
  request.draw.output.format = request.format == "jpeg" ? "jpg" : request.format;
  const auto compression = fields.whole("output_compression", 0, 100);
  request.names["output.quality"] = "output_compression";
  if (request.format == "png" && compression.value_or(100) != 100) {
    refuse_field(
        "output_compression",
        "Compression less than 100 is not supported for PNG output format; ask for jpeg or "
        "webp.");
  }
  request.draw.output.quality = static_cast<int>(std::max<int64_t>(compression.value_or(100), 1));
  if (fields.choice("background", {"auto", "opaque", "transparent"}, "auto") == "transparent") {
    refuse_field("background",
                 "Transparent background is not supported: the models here make opaque pictures. "
                 "Use 'opaque' or 'auto'.",
                 "unsupported");
  }
}

void read_stream(OpenAiFields& fields, OpenAiRequest& request) {
  request.stream = fields.flag("stream");
  request.partial_images = static_cast<int>(fields.whole("partial_images", 0, 3).value_or(0));
  if (!request.stream) return;
  if (fields.has("response_format") && request.urls) {
    refuse_field(
        "response_format",
        "Streams carry pictures as base64; use 'b64_json' or leave 'response_format' out.");
  }
}

// What OpenAI's own models heed and ours have no use for.
void read_without_effect(OpenAiFields& fields, OpenAiRequest& request) {
  request.quality = fields.choice(
      "quality", {"auto", "low", "medium", "high", "xhigh", "max", "standard", "hd"}, "auto");
  fields.choice("style", {"vivid", "natural"}, "vivid");
  fields.choice("moderation", {"auto", "low"}, "auto");
  fields.text("user");
  fields.text("safety_identifier");
}

void read_common(Context& context, OpenAiFields& fields, OpenAiRequest& request) {
  request.names["count"] = "n";
  request.names["width"] = request.names["height"] = "size";
  request.names["schedule"] = "scheduler";
  request.names["picture"] = "image";
  request.draw.model = fields.text("model").value_or("");
  if (!request.draw.model.empty()) openai_model(context, request.draw.model);
  request.draw.count = static_cast<int>(fields.whole("n", 1, kMostPictures).value_or(1));
  read_size(fields, request);
  read_output(fields, request);
  read_stream(fields, request);
  read_without_effect(fields, request);
  read_extras(fields, request);
  request.draw.previews = request.stream && request.partial_images > 0;
}

// The bytes behind {"image_url": ...}.
std::string referenced_picture(Context& context, const Json& reference, const std::string& field) {
  if (!reference.is_object())
    refuse_field(
        field, fmt::format("Invalid type for '{}': expected an object.", field), "invalid_type");
  for (const auto& item : reference.items()) {
    if (item.key() != "image_url" && item.key() != "file_id") {
      refuse_field(fmt::format("{}.{}", field, item.key()),
                   fmt::format("Unknown parameter: '{}.{}'.", field, item.key()),
                   "unknown_parameter");
    }
  }
  if (reference.contains("file_id")) {
    refuse_field(field + ".file_id",
                 "There are no files here; give the picture as a data: URL in 'image_url'.",
                 "unsupported");
  }
  const Json url = reference.value("image_url", Json());
  if (!url.is_string()) {
    refuse_field(field + ".image_url",
                 fmt::format("Missing required parameter: '{}.image_url'.", field),
                 "missing_required_parameter");
  }
  return picture_bytes(context, url.get<std::string>(), field + ".image_url");
}

struct Uploads {
  std::string picture;
  std::optional<std::string> mask;
};

Uploads read_json_uploads(Context& context, OpenAiFields& fields) {
  const Json images = fields.any("images");
  if (!images.is_array() || images.empty()) {
    refuse_field("images", "Missing required parameter: 'images'.", "missing_required_parameter");
  }
  if (images.size() > 1)
    refuse_field("images", "The models here edit one picture at a time; give one.", "unsupported");
  Uploads uploads;
  uploads.picture = referenced_picture(context, images[0], "images[0]");
  const Json mask = fields.any("mask");
  if (!mask.is_null()) uploads.mask = referenced_picture(context, mask, "mask");
  return uploads;
}

Uploads read_form_uploads(OpenAiFields& fields, bool with_mask) {
  const std::vector<const Part*> images = fields.files("image");
  if (images.empty())
    refuse_field("image", "Missing required parameter: 'image'.", "missing_required_parameter");
  if (images.size() > 1)
    refuse_field(
        "image", "The models here work on one picture at a time; give one.", "unsupported");
  Uploads uploads{.picture = images[0]->body, .mask = {}};
  if (!with_mask) return uploads;
  const std::vector<const Part*> masks = fields.files("mask");
  if (masks.size() > 1) refuse_field("mask", "'mask' is given more than once.");
  if (!masks.empty()) uploads.mask = masks[0]->body;
  return uploads;
}

void keep_mask(Context& context, const Uploads& uploads, service::DrawRequest& draw) {
  keep_picture(context, *uploads.mask, "mask");
  const image::Image mask = mask_from_holes(*uploads.mask, "mask");
  const image::Image picture =
      image::decode_image(std::as_bytes(std::span(uploads.picture)), {}, "image");
  if (mask.width != picture.width || mask.height != picture.height) {
    refuse_field(
        "mask",
        fmt::format("Invalid 'mask': it has {}x{} pixels and the image {}x{}; expected the "
                    "same size.",
                    mask.width,
                    mask.height,
                    picture.width,
                    picture.height),
        "invalid_image_format");
  }
  const std::string bytes = png_bytes(mask);
  draw.mask = context.blobs.put(std::as_bytes(std::span(bytes)));
  draw.task = Task::kInpaint;
}

std::string multipart_only(const Call& call) {
  return fmt::format("Unsupported content type '{}': send the picture as multipart/form-data.",
                     call.header("Content-Type"));
}

}  // namespace

service::ModelFacts openai_model(Context& context, const std::string& id) {
  std::vector<std::string> ids;
  for (service::ModelFacts& model : context.engine.models()) {
    if (model.id == id) return std::move(model);
    ids.push_back(model.id);
  }
  throw HttpError(
      404,
      "model_not_found",
      fmt::format("The model '{}' does not exist here. Models: {}.", id, fmt::join(ids, ", ")),
      "model");
}

OpenAiRequest read_generation(Context& context, const Call& call) {
  OpenAiFields fields(call);
  OpenAiRequest request;
  request.draw.prompt = fields.required_text("prompt", kLongestPrompt);
  read_common(context, fields, request);
  fields.finish();
  if (request.draw.strength) {
    refuse_field("strength",
                 "'strength' counts with a picture only; use /v1/images/edits or leave it out.");
  }
  return request;
}

OpenAiRequest read_edit(Context& context, const Call& call) {
  OpenAiFields fields(call);
  OpenAiRequest request;
  request.draw.task = Task::kEdit;
  request.draw.prompt = fields.required_text("prompt", kLongestPrompt);
  read_common(context, fields, request);
  fields.choice("input_fidelity", {"low", "high"}, "low");
  const Uploads uploads = fields.form() ? read_form_uploads(fields, /*with_mask=*/true)
                                        : read_json_uploads(context, fields);
  fields.finish();
  request.draw.picture =
      keep_picture(context, uploads.picture, fields.form() ? "image" : "images[0]").id;
  if (uploads.mask) keep_mask(context, uploads, request.draw);
  return request;
}

OpenAiRequest read_variation(Context& context, const Call& call) {
  if (call.parts.empty()) throw HttpError(415, "unsupported_media_type", multipart_only(call));
  OpenAiFields fields(call);
  OpenAiRequest request;
  read_common(context, fields, request);
  const Uploads uploads = read_form_uploads(fields, /*with_mask=*/false);
  fields.finish();
  if (request.stream) refuse_field("stream", "Variations are not streamed; leave 'stream' out.");
  request.draw.picture = keep_picture(context, uploads.picture, "image").id;

  const service::ModelFacts model = request.draw.model.empty()
                                        ? context.engine.models().at(0)
                                        : openai_model(context, request.draw.model);
  const auto can = [&](Task task) {
    return std::find(model.tasks.begin(), model.tasks.end(), task) != model.tasks.end();
  };
  const bool made_here =
      context.store.find_picture(call.caller.owner, request.draw.picture).has_value();
  if (can(Task::kVary) && (made_here || !can(Task::kEdit))) {
    request.draw.task = Task::kVary;
  } else if (can(Task::kEdit)) {
    request.draw.task = Task::kEdit;
  } else {
    refuse_field(
        "model",
        fmt::format("The model '{}' makes no variations of pictures; choose another.", model.id),
        "unsupported");
  }
  return request;
}

jobs::Job submit_openai(Context& context, const Call& call, const OpenAiRequest& request) {
  const auto renamed = [&](const std::string& field) {
    const auto found = request.names.find(field);
    return found == request.names.end() ? field : found->second;
  };
  try {
    return submit(context, call.caller, request.draw, "openai");
  } catch (HttpError& problem) {
    problem.field = renamed(problem.field);
    throw;
  } catch (const FieldError& problem) {
    throw FieldError(problem.kind(), problem.what(), renamed(problem.field()));
  }
}

}  // namespace lienzo::http
