#pragma once

#include "lienzo/http/context.h"
#include "lienzo/http/route.h"

namespace lienzo::http {

/// OpenAI's Images API: /v1/images/generations, edits, variations and /v1/models. `context`
/// outlives them.
Routes openai_routes(Context& context);

}  // namespace lienzo::http
