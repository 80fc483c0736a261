#pragma once

#include "lienzo/http/context.h"
#include "lienzo/http/route.h"

namespace lienzo::http {

/// The native API, docs/http_api.md. `context` outlives them.
Routes native_routes(Context& context);

}  // namespace lienzo::http
