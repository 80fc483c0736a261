#include "lienzo/http/sdapi_routes.h"

#include <memory>
#include <utility>

#include "lienzo/base/field_error.h"
#include "lienzo/http/http_error.h"
#include "lienzo/http/sdapi.h"
#include "lienzo/http/sdapi_fields.h"
#include "lienzo/http/sdapi_request.h"

namespace lienzo::http {
namespace {

using Handler = std::function<Reply(SdApi&, const Call&)>;

Reply problems_reply(const Json& detail) { return Reply::json({{"detail", detail}}, 422); }

/// Routes with their errors put into this dialect's form.
class RouteList {
 public:
  explicit RouteList(Context& context) : api_(std::make_shared<SdApi>(context)) {}

  void add(const char* method, const std::string& pattern, Scope scope, Handler handler) {
    Route route{method, pattern, scope, {}, {}};
    route.doc.summary = "AUTOMATIC1111: " + pattern;
    route.doc.listed = false;
    route.handler = [api = api_, handler = std::move(handler)](const Call& call) {
      try {
        return handler(*api, call);
      } catch (const FieldProblems& problem) {
        return problems_reply(problem.detail());
      } catch (const FieldError& problem) {
        if (problem.field().empty()) throw;
        return problems_reply(Json::array({{{"loc", {"body", sdapi_name(problem.field())}},
                                            {"msg", problem.what()},
                                            {"type", "value_error"}}}));
      }
    };
    routes_.push_back(std::move(route));
  }
  /// One whose answer never changes.
  void constant(const char* method, const std::string& pattern, const Json& answer) {
    add(method, pattern, Scope::kRead, [text = answer.dump()](SdApi&, const Call&) {
      Reply reply;
      reply.body = text;
      return reply;
    });
  }
  Routes take() { return std::move(routes_); }

 private:
  std::shared_ptr<SdApi> api_;
  Routes routes_;
};

void add_drawing(RouteList& routes) {
  routes.add("POST", "/sdapi/v1/txt2img", Scope::kGenerate, [](SdApi& api, const Call& call) {
    return sdapi_draw(api, call, /*with_picture=*/false);
  });
  routes.add("POST", "/sdapi/v1/img2img", Scope::kGenerate, [](SdApi& api, const Call& call) {
    return sdapi_draw(api, call, /*with_picture=*/true);
  });
  routes.add("POST", "/sdapi/v1/extra-single-image", Scope::kGenerate, sdapi_extra_single);
  routes.add("POST", "/sdapi/v1/extra-batch-images", Scope::kGenerate, sdapi_extra_batch);
  routes.add("POST", "/sdapi/v1/png-info", Scope::kGenerate, sdapi_png_info);
}

void add_progress(RouteList& routes) {
  routes.add("GET", "/sdapi/v1/progress", Scope::kRead, sdapi_progress);
  routes.add("POST", "/sdapi/v1/interrupt", Scope::kGenerate, [](SdApi& api, const Call& call) {
    return sdapi_interrupt(api, call, Json::object());
  });
  routes.add("POST", "/sdapi/v1/skip", Scope::kGenerate, [](SdApi& api, const Call& call) {
    return sdapi_interrupt(api, call, Json());
  });
  routes.add("POST", "/internal/progress", Scope::kRead, sdapi_task_progress);
  routes.add("GET", "/internal/pending-tasks", Scope::kRead, sdapi_pending_tasks);
}

void add_options(RouteList& routes) {
  routes.add("GET", "/sdapi/v1/options", Scope::kRead, [](SdApi& api, const Call& call) {
    return Reply::json(api.options.of(call.caller.owner, api.context.engine.models()));
  });
  routes.add("POST", "/sdapi/v1/options", Scope::kGenerate, [](SdApi& api, const Call& call) {
    api.options.set(call.caller.owner, call.json(), api.context.engine.models());
    Reply reply;
    reply.body = "null";
    return reply;
  });
}

void add_lists(RouteList& routes) {
  routes.add("GET", "/sdapi/v1/samplers", Scope::kRead, [](SdApi& api, const Call&) {
    return sdapi_samplers(api);
  });
  routes.add("GET", "/sdapi/v1/schedulers", Scope::kRead, [](SdApi& api, const Call&) {
    return sdapi_schedulers(api);
  });
  routes.add("GET", "/sdapi/v1/sd-models", Scope::kRead, [](SdApi& api, const Call&) {
    return sdapi_models(api);
  });
  routes.add("GET", "/sdapi/v1/loras", Scope::kRead, [](SdApi& api, const Call&) {
    return sdapi_loras(api);
  });
  routes.add("GET", "/sdapi/v1/upscalers", Scope::kRead, [](SdApi& api, const Call&) {
    return sdapi_upscalers(api);
  });
  routes.add("GET", "/sdapi/v1/prompt-styles", Scope::kRead, [](SdApi&, const Call&) {
    return sdapi_styles();
  });
  routes.add(
      "GET", "/sdapi/v1/memory", Scope::kRead, [](SdApi&, const Call&) { return sdapi_memory(); });
}

// What there is none of, and what the server does by itself.
void add_constants(RouteList& routes) {
  const Json none = Json::array();
  for (const char* name : {"sd-vae",
                           "sd-modules",
                           "latent-upscale-modes",
                           "hypernetworks",
                           "face-restorers",
                           "realesrgan-models",
                           "script-info",
                           "extensions"}) {
    routes.constant("GET", std::string("/sdapi/v1/") + name, none);
  }
  routes.constant(
      "GET", "/sdapi/v1/embeddings", {{"loaded", Json::object()}, {"skipped", Json::object()}});
  routes.constant("GET", "/sdapi/v1/scripts", {{"txt2img", none}, {"img2img", none}});
  routes.constant("GET", "/sdapi/v1/cmd-flags", {{"api", true}, {"nowebui", true}});
  for (const char* name :
       {"refresh-checkpoints", "refresh-vae", "refresh-loras", "refresh-embeddings"})
    routes.constant("POST", std::string("/sdapi/v1/") + name, Json());
  for (const char* name : {"unload-checkpoint", "reload-checkpoint"})
    routes.constant("POST", std::string("/sdapi/v1/") + name, Json::object());
}

}  // namespace

Routes sdapi_routes(Context& context) {
  RouteList routes(context);
  add_drawing(routes);
  add_progress(routes);
  add_options(routes);
  add_lists(routes);
  add_constants(routes);
  return routes.take();
}

}  // namespace lienzo::http
