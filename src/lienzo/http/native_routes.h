#pragma once

#include "lienzo/http/context.h"
#include "lienzo/http/route.h"

namespace lienzo::http {

/// The native API, docs/http_api.md: jobs, events, models and prompts, with picture_routes().
/// `context` outlives them.
Routes native_routes(Context& context);

/// Uploads and the gallery.
Routes picture_routes(Context& context);

}  // namespace lienzo::http
