#include "lienzo/hub/weight_name.h"

#include <regex>

namespace lienzo::hub {

std::optional<WeightName> parse_weight_name(const std::string& name) {
  static const std::regex weights(
      R"((diffusion_pytorch_model|pytorch_model|model)(?:\.(\w+))?(?:-(\d{5})-of-(\d{5}))?)"
      R"((?:\.(\w+))?\.(safetensors|bin))");
  static const std::regex index(
      R"((diffusion_pytorch_model|pytorch_model|model)\.(safetensors|bin)(?:\.(\w+))?\.index)"
      R"((?:\.(\w+))?\.json)");
  std::smatch match;
  WeightName parsed;
  if (std::regex_match(name, match, weights)) {
    if (match[2].matched && match[5].matched) return std::nullopt;
    parsed.base = match[1];
    parsed.variant = match[2].matched ? match[2] : match[5];
    parsed.extension = match[6];
    if (match[3].matched) {
      parsed.shard = std::stoi(match[3]);
      parsed.shards = std::stoi(match[4]);
    }
    return parsed;
  }
  if (std::regex_match(name, match, index)) {
    if (match[3].matched && match[4].matched) return std::nullopt;
    parsed.base = match[1];
    parsed.extension = match[2];
    parsed.variant = match[3].matched ? match[3] : match[4];
    parsed.is_index = true;
    return parsed;
  }
  return std::nullopt;
}

bool is_checkpoint_name(std::string_view name) {
  for (const std::string_view extension :
       {".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".gguf"}) {
    if (name.size() > extension.size() && name.ends_with(extension)) return true;
  }
  return false;
}

std::string without_extension(const std::string& name) {
  return is_checkpoint_name(name) ? name.substr(0, name.rfind('.')) : name;
}

std::string leaf_of(const std::string& name) { return name.substr(name.rfind('/') + 1); }

}  // namespace lienzo::hub
