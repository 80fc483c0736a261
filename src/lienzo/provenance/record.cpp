#include "lienzo/provenance/record.h"

#include <fmt/format.h>

#include <algorithm>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/error.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/base/utf8.h"
#include "lienzo/base/version.h"

namespace lienzo::provenance {
namespace {

constexpr int kFormat = 1;

void check_utf8(std::string_view name, std::string_view text) {
  if (!is_valid_utf8(text)) {
    throw Error(ErrorKind::kInvalidInput, fmt::format("[record] '{}' is not valid UTF-8", name));
  }
}

Json parse_record_text(const std::string& text, const std::string& where) {
  return parse_json(text, "[record] " + where);
}

}  // namespace

std::string Record::program_version() { return fmt::format("lienzo {}", lienzo::version()); }

Json to_json(const Record& record) {
  check_utf8("prompt", record.prompt);
  check_utf8("negative_prompt", record.negative_prompt);
  check_utf8("sampler", record.sampler);
  check_utf8("model", record.model);
  check_utf8("model_hash", record.model_hash);
  check_utf8("version", record.version);
  Json json = {{"format", kFormat},
               {"version", record.version},
               {"prompt", record.prompt},
               {"negative_prompt", record.negative_prompt},
               {"seed", record.seed},
               {"steps", record.steps},
               {"sampler", record.sampler},
               {"guidance", record.guidance},
               {"width", record.width},
               {"height", record.height},
               {"model", record.model},
               {"model_hash", record.model_hash}};
  if (record.scene) json["scene"] = *record.scene;
  if (!record.extra.empty()) json["extra"] = record.extra;
  return json;
}

Record record_from_json(const Json& json, std::string_view where) {
  ConfigReader reader(json, std::string(where));
  Record record;
  int format = 0;
  reader.required("format", format);
  if (format < 1) reader.reject("format", fmt::format("must be {}, got {}", kFormat, format));
  if (format > kFormat) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("[record] {} has format {}, expected at most {}; it was written by "
                            "a later version of Lienzo",
                            where,
                            format,
                            kFormat));
  }
  reader.required("version", record.version);
  reader.required("prompt", record.prompt);
  reader.optional("negative_prompt", record.negative_prompt);
  reader.required("seed", record.seed);
  reader.required("steps", record.steps);
  reader.required("sampler", record.sampler);
  reader.required("guidance", record.guidance);
  reader.required("width", record.width);
  reader.required("height", record.height);
  reader.required("model", record.model);
  reader.optional("model_hash", record.model_hash);
  if (reader.has("scene")) {
    Json scene;
    reader.required("scene", scene);
    record.scene = std::move(scene);
  }
  reader.optional("extra", record.extra);
  if (!record.extra.is_object()) reader.reject("extra", "must be an object");
  if (record.steps < 0)
    reader.reject("steps", fmt::format("must not be negative, got {}", record.steps));
  if (record.width < 1)
    reader.reject("width", fmt::format("must be positive, got {}", record.width));
  if (record.height < 1)
    reader.reject("height", fmt::format("must be positive, got {}", record.height));
  reader.finish();
  return record;
}

image::WriteOptions with_record(const Record& record, image::WriteOptions options) {
  options.text.emplace_back(kParametersKey, to_parameters(record));
  try {
    options.text.emplace_back(kRecordKey, to_json(record).dump());
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[record] cannot be written as JSON: {}", error.what()));
  }
  return options;
}

void write_picture(const std::filesystem::path& path,
                   const image::Image& image,
                   const Record& record,
                   const image::WriteOptions& options) {
  image::write_image(path, image, with_record(record, options));
}

std::optional<Record> find_record(const std::map<std::string, std::string>& texts,
                                  std::string_view source) {
  if (const auto found = texts.find(std::string(kRecordKey)); found != texts.end()) {
    const std::string where = fmt::format("the record in {}", source);
    return record_from_json(parse_record_text(found->second, where), where);
  }
  if (const auto found = texts.find(std::string(kParametersKey)); found != texts.end())
    return record_from_parameters(found->second, fmt::format("the parameters in {}", source));
  return std::nullopt;
}

Record read_record(const std::filesystem::path& path) {
  if (auto record = find_record(image::read_image_text(path), path.string()))
    return *std::move(record);
  throw Error(ErrorKind::kNotFound,
              fmt::format("[record] {} carries no record of how it was made; expected a picture "
                          "written by Lienzo or "
                          "with AUTOMATIC1111 parameters",
                          path.string()));
}

}  // namespace lienzo::provenance
