#pragma once

#include <string>
#include <string_view>

#include "lienzo/http/context.h"
#include "lienzo/http/route.h"

namespace lienzo::http {

/// Counts an answered request of this process.
void count_request(std::string_view method, std::string_view route, int status, double seconds);

/// GET /metrics in Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats),
/// GET /healthz and GET /readyz.
Routes health_routes(Context& context);

}  // namespace lienzo::http
