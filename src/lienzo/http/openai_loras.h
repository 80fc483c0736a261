#pragma once

#include <vector>

#include "lienzo/base/json.h"
#include "lienzo/service/request.h"

namespace lienzo::http {

/// The field `lora`: "NAME", "NAME:WEIGHT" as text::parse_lora reads it, {"name", "weight",
/// "text_weight"}, or a list of those; in a form, that as a text. None when it is null. Throws
/// HttpError(400).
std::vector<service::LoraUse> read_openai_loras(const Json& value);

}  // namespace lienzo::http
