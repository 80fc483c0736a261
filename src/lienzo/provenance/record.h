#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lienzo/base/json.h"
#include "lienzo/image/image.h"
#include "lienzo/image/io.h"

namespace lienzo::provenance {

/// What made a picture: enough to make it again to the pixel.
struct Record {
  std::string prompt;
  std::string negative_prompt;
  uint64_t seed = 0;
  int steps = 0;
  std::string sampler;
  double guidance = 1;
  int width = 0;           // pixels
  int height = 0;          // pixels
  std::string model;       // its name, e.g. "lienzo-mini"
  std::string model_hash;  // of its weights, hexadecimal; may be shortened
  std::string version = program_version();
  std::optional<Json> scene;    // the objects and their places, where the model works from them
  Json extra = Json::object();  // settings of one pipeline only, and what other programs recorded
  /// Settings by AUTOMATIC1111's names and in its words ("Sampler" "DPM++ 2M", "Schedule type"
  /// "Karras"): for to_parameters, where they go before ours. The JSON form does not hold them.
  std::vector<std::pair<std::string, std::string>> elsewhere = {};
  /// What its prompt says more than ours: " <lora:style:0.8>". Kept like `elsewhere`.
  std::string tags_elsewhere = {};

  /// "lienzo 0.1.0"
  static std::string program_version();
  bool operator==(const Record&) const = default;
};

/// The keywords under which the two forms of a record stand in a picture.
inline constexpr std::string_view kParametersKey = "parameters";
inline constexpr std::string_view kRecordKey = "lienzo";

/// The record as AUTOMATIC1111's web interface writes it, for programs that read that: the prompt,
/// a line "Negative prompt: ..." if there is one, and a line "Steps: 20, Sampler: Euler, CFG scale:
/// 1, Seed: 42, Size: 256x256, Model hash: abcdef1234, Model: lienzo-mini, Version: lienzo 0.1.0".
/// Settings in `elsewhere` take the place of those of the same name, or come before the version.
/// Values with a comma, colon or line break are quoted as JSON; empty ones are left out, and so are
/// scene and extra, which that form has no place for. After
/// AUTOMATIC1111/stable-diffusion-webui, modules/infotext_utils.py and modules/processing.py.
std::string to_parameters(const Record& record);

/// Reads that text back, from any program that writes it. Names without a field of their own go to
/// `extra` as strings. The prompt loses blanks around its lines.
/// @throws kInvalidInput naming `where` if no settings line is found or a number is not one
Record record_from_parameters(std::string_view text, std::string_view where);

/// The whole record, with "format": 1.
/// @throws kInvalidInput if a text is not UTF-8
Json to_json(const Record& record);

/// @throws kInvalidInput naming `where` for unknown keys, wrong types and missing values;
/// kUnsupported for a later format
Record record_from_json(const Json& json, std::string_view where);

/// `options` with both forms of the record added to its texts.
image::WriteOptions with_record(const Record& record, image::WriteOptions options = {});

/// Writes a picture that carries its record, whole or not at all; see image::write_image.
void write_picture(const std::filesystem::path& path,
                   const image::Image& image,
                   const Record& record,
                   const image::WriteOptions& options = {});

/// The record among the texts of a picture (image::decode_image_text): ours if it has one, else its
/// AUTOMATIC1111 parameters; nothing without. `source` names the picture in messages.
/// @throws kInvalidInput, kUnsupported, kCorrupt
std::optional<Record> find_record(const std::map<std::string, std::string>& texts,
                                  std::string_view source);

/// The record of a PNG, JPEG or WebP file: ours if it has one, else its AUTOMATIC1111 parameters.
/// @throws kNotFound (no file, or no record in it), kInvalidInput, kUnsupported, kCorrupt, kIo
Record read_record(const std::filesystem::path& path);

}  // namespace lienzo::provenance
