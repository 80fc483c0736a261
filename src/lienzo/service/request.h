#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lienzo/base/json.h"

namespace lienzo::service {

enum class Task {
  kImagine,  // words -> pictures
  kEdit,     // a picture and words -> pictures (image to image)
  kInpaint,  // the same, where a mask says
  kVary,     // a picture that was made here, a little or much different
  kUpscale,  // a picture, larger
};

/// "imagine", "edit", "inpaint", "vary", "upscale".
std::string_view name(Task task);

/// How finished pictures are written.
struct OutputOptions {
  std::string format = "png";  // "png", "jpg", "webp"
  int quality = 92;            // 1 to 100; JPEG and WebP

  bool operator==(const OutputOptions&) const = default;
};

/// A second, larger pass over the finished picture.
struct HiresOptions {
  double scale = 2;       // above 1, up to 4
  double strength = 0.5;  // (0, 1]
  int steps = 0;          // 0: as the first pass

  bool operator==(const HiresOptions&) const = default;
};

/// A LoRA to merge into the model, by its name in the model folder; never a path.
struct LoraUse {
  std::string name;
  double weight = 1;                       // of the U-Net's layers: -100 to 100
  std::optional<double> text_weight = {};  // of the text encoders'; empty: as `weight`

  bool operator==(const LoraUse&) const = default;
};

/// What every dialect's request becomes at the edge, and what a job keeps. Zero, empty or nothing
/// means the model's own. Pictures are digests of the blob store, never paths.
struct DrawRequest {
  Task task = Task::kImagine;
  std::string model = {};  // id of a model; empty: the server's default, filled in on submission
  std::string prompt = {}, negative_prompt = {};
  int width = 0, height = 0;                // pixels
  int count = 1;                            // 1 to 64; picture k has seed + k
  std::optional<uint64_t> seed = {};        // filled in on submission when not given
  int steps = 0;                            // 1 to 200
  std::optional<double> guidance = {};      // 0 to 100
  std::string sampler = {}, schedule = {};  // as diffusion::sampler_from_name takes them
  std::optional<double> eta = {};
  int clip_skip = 0;         // as AUTOMATIC1111 counts: 0 and 1 are none
  std::string noise = {};    // "cpu", "gpu"; empty: cpu
  std::string picture = {};  // kEdit, kInpaint, kVary, kUpscale
  std::string mask = {};     // kInpaint: white is painted
  bool mask_invert = false;
  std::optional<double> strength = {};  // kEdit, kInpaint, kVary: 0 to 1
  int mask_blur = 4;
  bool only_masked = false;
  int padding = 32;
  std::string amount = "small";  // kVary: "small", "strong"
  double scale = 2;              // kUpscale: above 1, up to 8
  std::optional<HiresOptions> hires = {};
  std::vector<LoraUse> loras = {};  // up to 16, beside those that the prompt asks for
  bool previews = true;             // whether it is worth making them
  OutputOptions output = {};
  std::vector<std::string> tags = {};  // of the pictures; up to 16 of up to 64 characters
  int priority = 0;                    // -10 to 10

  bool operator==(const DrawRequest&) const = default;
};

/// Every field that is not as it stands above.
Json to_json(const DrawRequest& request);

/// Throws Error(kInvalidInput) naming unknown keys, wrong types and values out of their range.
/// "picture" and "mask" are digests here; the edge takes uploads out before.
DrawRequest request_from_json(const Json& json, const std::string& where);

/// The ranges that hold for every model. Throws Error(kInvalidInput) naming field, value and what
/// is allowed.
void check(const DrawRequest& request);

/// At most 16 tags of 1 to 64 bytes. Throws Error(kInvalidInput) naming 'tags'.
void check_tags(const std::vector<std::string>& tags);

/// A JSON schema (OpenAPI 3.1) of what request_from_json takes.
Json request_schema();

/// The same for requests that can be drawn together: all that makes a picture is the same but
/// words, seed and how it is written. Empty for what is drawn alone: everything that starts from a
/// picture or makes two passes.
std::string batch_key(const DrawRequest& request);

/// pixels x steps x pictures: what limits and fairness count. Zeros count as 512 x 512, 20 steps.
double cost(const DrawRequest& request);

}  // namespace lienzo::service
