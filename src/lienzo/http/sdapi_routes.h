#pragma once

#include "lienzo/http/context.h"
#include "lienzo/http/route.h"

namespace lienzo::http {

/// AUTOMATIC1111's web API below /sdapi/v1. `context` outlives them.
Routes sdapi_routes(Context& context);

}  // namespace lienzo::http
