#include "lienzo/http/routes.h"

#include <iterator>

#include "lienzo/http/metrics.h"
#include "lienzo/http/native_routes.h"
#include "lienzo/http/openai_routes.h"
#include "lienzo/http/openapi.h"
#include "lienzo/http/sdapi_routes.h"
#include "lienzo/http/studio.h"

namespace lienzo::http {

Routes all_routes(Context& context, Gate& gate) {
  Routes routes;
  for (Routes some : {native_routes(context),
                      session_routes(gate),
                      health_routes(context),
                      openai_routes(context),
                      sdapi_routes(context),
                      studio_routes()}) {
    std::move(some.begin(), some.end(), std::back_inserter(routes));
  }
  routes.push_back(openapi_route(routes));
  return routes;
}

}  // namespace lienzo::http
