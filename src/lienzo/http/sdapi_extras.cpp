#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/http/finished.h"
#include "lienzo/http/masks.h"
#include "lienzo/http/sdapi.h"
#include "lienzo/http/sdapi_fields.h"
#include "lienzo/http/sdapi_names.h"
#include "lienzo/image/io.h"
#include "lienzo/image/resize.h"
#include "lienzo/provenance/record.h"

namespace lienzo::http {
namespace {

using enum FieldType;

constexpr FieldRow kExtras[] = {
    {"resize_mode", kWhole, "0"},
    {"show_extras_results", kFlag, "true"},
    {"gfpgan_visibility", kReal, "0"},
    {"codeformer_visibility", kReal, "0"},
    {"codeformer_weight", kReal, "0"},
    {"upscaling_resize", kReal, "2"},
    {"upscaling_resize_w", kWhole, "512"},
    {"upscaling_resize_h", kWhole, "512"},
    {"upscaling_crop", kFlag, "true"},
    {"upscaler_1", kText, R"("None")"},
    {"upscaler_2", kText, R"("None")"},
    {"extras_upscaler_2_visibility", kReal, "0"},
    {"upscale_first", kFlag, "false"},
};

constexpr FieldRow kOneImage[] = {{"image", kText}};
constexpr FieldRow kImages[] = {{"imageList", kList}};

std::vector<FieldRow> with(std::span<const FieldRow> more) {
  std::vector<FieldRow> rows(std::begin(kExtras), std::end(kExtras));
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

/// A picture made larger, the same way for all of a request.
class Upscaling {
 public:
  Upscaling(SdApi& api, const Call& call, const SdApiFields& fields)
      : context_(api.context), call_(call), fields_(fields), name_(fields.text("upscaler_1")) {
    for (const char* name : {"gfpgan_visibility", "codeformer_visibility"}) {
      if (fields.real(name) != 0) reject_field(name, "faces are not restored here; give 0");
    }
    if (fields.text("upscaler_2") != "None" && fields.real("extras_upscaler_2_visibility") != 0)
      reject_field("upscaler_2", "pictures of two upscalers are not mixed here; give 'None'");
    if (fields.whole("resize_mode") != 0 && fields.whole("resize_mode") != 1)
      reject_field("resize_mode", "expected 0 (by a factor) or 1 (to a size)");
    by_size_ = fields.whole("resize_mode") == 1;
    if (by_size_) {
      for (const char* name : {"upscaling_resize_w", "upscaling_resize_h"}) {
        if (fields.whole(name) < 1 || fields.whole(name) > kLargestSide)
          reject_field(name, fmt::format("expected 1 to {} pixels", kLargestSide));
      }
    } else if (!(fields.real("upscaling_resize") > 0 &&
                 fields.real("upscaling_resize") <= kMostTimes)) {
      reject_field("upscaling_resize", fmt::format("expected above 0, up to {}", kMostTimes));
    }
    if (name_ == "None" || name_ == "Lanczos") return;
    const std::vector<service::ModelFacts> models = context_.engine.models();
    const service::ModelFacts* model = find_checkpoint(models, name_);
    if (!model || std::find(model->tasks.begin(), model->tasks.end(), service::Task::kUpscale) ==
                      model->tasks.end()) {
      reject_field("upscaler_1",
                   fmt::format("no upscaler '{}' here; see /sdapi/v1/upscalers", name_));
    }
    model_ = model->id;
  }

  /// Base64 in, base64 of a PNG out.
  std::string run(const std::string& text, const std::string& field) const {
    const std::string bytes = picture_bytes(context_, text, field);
    const auto [digest, picture] = keep_picture(context_, bytes, field);
    if (name_ == "None") return encode_base64(png_bytes(picture));
    const double scale = scale_for(picture);
    const int width = side(picture.width, scale), height = side(picture.height, scale);
    if (int64_t{width} * height > context_.limits.largest_picture)
      reject_field(
          "upscaling_resize",
          fmt::format(
              "{}x{} would be above {} pixels", width, height, context_.limits.largest_picture));
    const image::Image large = model_.empty() || scale <= 1 ? picture : by_model(digest, scale);
    return encode_base64(png_bytes(finished(large, width, height)));
  }

 private:
  static constexpr int kLargestSide = 16'384;
  static constexpr double kMostTimes = 8;

  static int side(int pixels, double scale) {
    return std::max(1, static_cast<int>(static_cast<double>(pixels) * scale));
  }

  double scale_for(const image::Image& picture) const {
    if (!by_size_) return fields_.real("upscaling_resize");
    return std::max(static_cast<double>(fields_.whole("upscaling_resize_w")) / picture.width,
                    static_cast<double>(fields_.whole("upscaling_resize_h")) / picture.height);
  }

  image::Image by_model(const std::string& digest, double scale) const {
    service::DrawRequest request;
    request.task = service::Task::kUpscale;
    request.model = model_;
    request.picture = digest;
    request.scale = scale;
    const jobs::Job job = submit(context_, call_.caller, request, "sdapi");
    const auto pictures = finished_pictures(context_, wait_until_final(context_, job.id));
    if (pictures.empty()) throw Error(ErrorKind::kInternal, "[sdapi] an upscaler made no picture");
    return image::decode_image(std::as_bytes(std::span(pictures[0].bytes)), {.keep_alpha = true});
  }

  // Of `width` x `height` pixels, and where a size is asked for, with its middle cut out.
  image::Image finished(const image::Image& picture, int width, int height) const {
    image::Image result = picture;
    if (picture.width != width || picture.height != height)
      result = image::resize(picture, width, height);
    if (!by_size_ || !fields_.flag("upscaling_crop")) return result;
    const int cut_width = std::min(width, static_cast<int>(fields_.whole("upscaling_resize_w")));
    const int cut_height = std::min(height, static_cast<int>(fields_.whole("upscaling_resize_h")));
    return image::crop(
        result, (width - cut_width) / 2, (height - cut_height) / 2, cut_width, cut_height);
  }

  Context& context_;
  const Call& call_;
  const SdApiFields& fields_;
  std::string name_, model_;
  bool by_size_ = false;
};

Json pairs_of(const std::string& text) {
  Json pairs = Json::object();
  provenance::Record record;
  try {
    record = provenance::record_from_parameters(text, "picture");
  } catch (const Error&) {  // no settings: a text of another kind
    return pairs;
  }
  pairs["Prompt"] = record.prompt;
  pairs["Negative prompt"] = record.negative_prompt;
  pairs["Steps"] = std::to_string(record.steps);
  pairs["Sampler"] = record.sampler;
  pairs["CFG scale"] = fmt::format("{}", record.guidance);
  pairs["Seed"] = std::to_string(record.seed);
  pairs["Size-1"] = std::to_string(record.width);
  pairs["Size-2"] = std::to_string(record.height);
  pairs["Model hash"] = record.model_hash;
  pairs["Model"] = record.model;
  pairs["Version"] = record.version;
  pairs.update(record.extra);
  return pairs;
}

}  // namespace

Reply sdapi_png_info(SdApi& api, const Call& call) {
  const SdApiFields fields(call.json(), kOneImage);
  if (!fields.given("image")) reject_field("image", "field required", "value_error.missing");
  const std::string bytes = picture_bytes(api.context, fields.text("image"), "image");
  keep_picture(api.context, bytes, "image");
  Json items = Json::object();
  std::string info;
  for (const auto& [name, text] : image::decode_image_text(std::as_bytes(std::span(bytes)))) {
    if (name == provenance::kParametersKey) {
      info = text;
    } else {
      items[name] = text;
    }
  }
  return Reply::json({{"info", info}, {"items", items}, {"parameters", pairs_of(info)}});
}

Reply sdapi_extra_single(SdApi& api, const Call& call) {
  const SdApiFields fields(call.json(), with(kOneImage));
  if (!fields.given("image")) reject_field("image", "field required", "value_error.missing");
  const Upscaling upscaling(api, call, fields);
  return Reply::json({{"html_info", ""}, {"image", upscaling.run(fields.text("image"), "image")}});
}

Reply sdapi_extra_batch(SdApi& api, const Call& call) {
  constexpr size_t kMostPictures = 64;
  const SdApiFields fields(call.json(), with(kImages));
  const Json& list = fields["imageList"];
  if (!list.is_array()) reject_field("imageList", "field required", "value_error.missing");
  if (list.size() > kMostPictures)
    reject_field("imageList",
                 fmt::format("has {} pictures, expected at most {}", list.size(), kMostPictures));
  const Upscaling upscaling(api, call, fields);
  Json images = Json::array();
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string field = fmt::format("imageList[{}]", i);
    const Json data = list[i].is_object() ? list[i].value("data", Json()) : Json();
    if (!data.is_string()) reject_field(field, "expected {\"data\": base64, \"name\": text}");
    images.push_back(upscaling.run(data.get<std::string>(), field));
  }
  return Reply::json({{"html_info", ""}, {"images", images}});
}

}  // namespace lienzo::http
