#pragma once

#include "lienzo/http/route.h"

namespace lienzo::http {

/// The OpenAPI 3.1 document of the routes that are listed.
Json openapi_document(const Routes& routes);

/// GET /api/v1/openapi.json for `routes`.
Route openapi_route(const Routes& routes);

}  // namespace lienzo::http
