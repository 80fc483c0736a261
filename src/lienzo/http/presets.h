#pragma once

#include "lienzo/base/json.h"

namespace lienzo::http {

/// Styles that the studio offers: [{"id", "name": {"en", "es"}, "prompt": with {prompt} in it,
/// "negative_prompt"}]. They suit models that learned from captions of many kinds.
Json presets();

}  // namespace lienzo::http
