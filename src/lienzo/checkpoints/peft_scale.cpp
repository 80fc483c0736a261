#include "lienzo/checkpoints/peft_scale.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/parse_json.h"

namespace lienzo::checkpoints {
namespace {

namespace fs = std::filesystem;

// Where PEFT keeps the settings of that file; empty for files that it did not name.
fs::path config_beside(const weights::TensorFile& lora) {
  const std::vector<fs::path> files = lora.files();
  if (files.size() != 1 || files.front().stem() != "adapter_model") return {};
  fs::path config = files.front().parent_path() / "adapter_config.json";
  std::error_code ignored;
  if (fs::exists(config, ignored)) return config;
  throw Error(ErrorKind::kNotFound,
              fmt::format("[lora] {} needs adapter_config.json beside it, which says how far its "
                          "numbers count (lora_alpha); bring that file too",
                          files.front().string()));
}

// Whether a dotted name is `end` or ends with it: how PEFT's `(.*\.)?(pattern)$` finds layers whose
// pattern is a name, and how diffusers keeps the setting of a part, "unet.peft_type".
bool ends_with_name(const std::string& name, const std::string& end) {
  return name == end || name.ends_with("." + end);
}

void refuse_other_adapters(const Json& settings, const std::string& where) {
  for (const auto& [key, value] : settings.items()) {
    if (!value.is_string()) continue;
    const std::string text = value.get<std::string>();
    if (ends_with_name(key, "peft_type") && text != "LORA") {
      throw Error(ErrorKind::kUnsupported,
                  fmt::format("{} is of an adapter of type '{}', expected LORA; take another file",
                              where,
                              text.substr(0, 100)));
    }
    if (!ends_with_name(key, "init_lora_weights")) continue;
    for (const char* other : {"pissa", "olora", "corda"}) {
      if (!text.starts_with(other)) continue;
      throw Error(ErrorKind::kUnsupported,
                  fmt::format("{} says init_lora_weights '{}', a LoRA that counts from other "
                              "weights than the model's; have PEFT convert it to a plain one",
                              where,
                              text.substr(0, 100)));
    }
  }
}

}  // namespace

PeftScale PeftScale::of(const weights::TensorFile& lora) {
  PeftScale scale;
  const auto& metadata = lora.index().metadata();
  if (const auto found = metadata.find("lora_adapter_metadata"); found != metadata.end()) {
    scale.where_ = fmt::format("[{}] the metadata 'lora_adapter_metadata'", lora.where());
    scale.settings_ = parse_json(found->second, scale.where_);
  } else if (const fs::path config = config_beside(lora); !config.empty()) {
    scale.where_ = fmt::format("[{}]", config.string());
    scale.settings_ = parse_json(read_text_file(config), scale.where_);
  }
  if (!scale.settings_.is_object())
    throw Error(ErrorKind::kCorrupt, scale.where_ + " is no JSON object");
  refuse_other_adapters(scale.settings_, scale.where_);
  return scale;
}

std::optional<double> PeftScale::scale(const std::string& scope, int64_t rank) const {
  const std::string part = scope.substr(0, scope.find('.') + 1);  // "unet."
  const auto setting = [&](const char* key) {
    return settings_.value(part + key, settings_.value(key, Json()));
  };
  Json alpha = setting("lora_alpha"), patterns = setting("alpha_pattern");
  if (!patterns.is_object()) patterns = Json::object();
  for (const auto& [pattern, value] : patterns.items()) {
    if (pattern.find_first_of("\\^$*+?()[]{}|") != std::string::npos) {
      throw Error(ErrorKind::kUnsupported,
                  fmt::format("{} has the alpha_pattern '{}'; only names of layers are understood",
                              where_,
                              pattern.substr(0, 100)));
    }
    if (!ends_with_name(scope, pattern)) continue;
    alpha = value;
    break;  // the first counts
  }
  if (!alpha.is_number()) return std::nullopt;
  const auto width = static_cast<double>(rank);
  return alpha.get<double>() / (setting("use_rslora") == true ? std::sqrt(width) : width);
}

}  // namespace lienzo::checkpoints
