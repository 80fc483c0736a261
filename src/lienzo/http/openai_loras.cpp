#include "lienzo/http/openai_loras.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "lienzo/base/error.h"
#include "lienzo/base/suggest.h"
#include "lienzo/http/openai_fields.h"
#include "lienzo/text/lora_tags.h"

namespace lienzo::http {
namespace {

service::LoraUse read_text(const std::string& value) {
  try {
    const text::LoraTag tag = text::parse_lora(value);
    return {.name = tag.name, .weight = tag.unet_weight, .text_weight = tag.text_weight};
  } catch (const Error& problem) {
    refuse_field("lora", problem.what());
  }
}

service::LoraUse read_object(const Json& value) {
  const std::vector<std::string> known = {"name", "weight", "text_weight"};
  for (const auto& item : value.items()) {
    if (std::find(known.begin(), known.end(), item.key()) == known.end()) {
      refuse_field("lora",
                   fmt::format("Unknown parameter: 'lora.{}'{}.",
                               item.key().substr(0, 60),
                               suggestion(item.key(), known)),
                   "unknown_parameter");
    }
  }
  const auto weight = [&](const char* key) -> std::optional<double> {
    const Json number = value.value(key, Json());
    if (number.is_null()) return std::nullopt;
    if (!number.is_number()) {
      refuse_field("lora",
                   fmt::format("Invalid type for 'lora.{}': expected a number.", key),
                   "invalid_type");
    }
    return number.get<double>();
  };
  const Json name = value.value("name", Json());
  if (!name.is_string()) {
    refuse_field("lora", "Missing required parameter: 'lora.name'.", "missing_required_parameter");
  }
  return {.name = name.get<std::string>(),
          .weight = weight("weight").value_or(1),
          .text_weight = weight("text_weight")};
}

service::LoraUse read_one(const Json& value) {
  if (value.is_string()) return read_text(value.get<std::string>());
  if (value.is_object()) return read_object(value);
  refuse_field("lora",
               "Invalid type for 'lora': expected 'NAME:WEIGHT', {\"name\", \"weight\"} or a list "
               "of those.",
               "invalid_type");
}

}  // namespace

std::vector<service::LoraUse> read_openai_loras(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) {
    const std::string text = value.get<std::string>();
    if (text.starts_with('[') || text.starts_with('{')) {
      const Json inner = Json::parse(text, nullptr, /*allow_exceptions=*/false);
      if (inner.is_array() || inner.is_object()) return read_openai_loras(inner);
    }
  }
  std::vector<service::LoraUse> loras;
  if (value.is_array()) {
    for (const Json& item : value) loras.push_back(read_one(item));
  } else {
    loras.push_back(read_one(value));
  }
  return loras;
}

}  // namespace lienzo::http
