#pragma once

#include "lienzo/http/context.h"
#include "lienzo/http/gate.h"
#include "lienzo/http/route.h"

namespace lienzo::http {

/// Everything that a server answers: the studio, the native API with its OpenAPI document, the
/// dialects of other programs, health and metrics. `context` and `gate` outlive them.
Routes all_routes(Context& context, Gate& gate);

}  // namespace lienzo::http
