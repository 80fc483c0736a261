#include <sys/sysinfo.h>

#include <algorithm>
#include <vector>

#include "lienzo/http/presets.h"
#include "lienzo/http/sdapi.h"
#include "lienzo/http/sdapi_names.h"

namespace lienzo::http {

Reply sdapi_samplers(SdApi& api) {
  Json list = Json::array();
  for (const SdSampler* row : usable_samplers(api.context.engine.models())) {
    Json options = Json::object();
    if (!row->automatic.empty() && row->automatic != "normal")
      options["scheduler"] = row->automatic;
    list.push_back({{"name", row->name}, {"aliases", row->aliases}, {"options", options}});
  }
  return Reply::json(list);
}

Reply sdapi_schedulers(SdApi& api) {
  Json list = Json::array();
  for (const SdScheduler* row : usable_schedulers(api.context.engine.models())) {
    list.push_back({{"name", row->name},
                    {"label", row->label},
                    {"aliases", nullptr},
                    {"default_rho", row->rho},
                    {"need_inner_model", row->needs_model}});
  }
  return Reply::json(list);
}

Reply sdapi_models(SdApi& api) {
  Json list = Json::array();
  for (const service::ModelFacts& model : api.context.engine.models()) {
    const std::optional<std::string> hash = short_hash(model);
    list.push_back({{"title", checkpoint_title(model)},
                    {"model_name", model.id},
                    {"hash", hash ? Json(*hash) : Json()},
                    {"sha256", hash ? Json(model.hash) : Json()},
                    {"filename", model.file.empty() ? model.id : model.file},
                    {"config", nullptr}});
  }
  return Reply::json(list);
}

Reply sdapi_loras(SdApi& api) {
  Json list = Json::array();
  for (const service::LoraFacts& lora : api.context.engine.loras()) {
    list.push_back({{"name", lora.name},
                    {"alias", lora.alias.empty() ? lora.name : lora.alias},
                    {"path", lora.file},
                    {"metadata", lora.metadata}});
  }
  return Reply::json(list);
}

Reply sdapi_upscalers(SdApi& api) {
  const auto row = [](const std::string& name, const Json& scale) {
    return Json{{"name", name},
                {"model_name", nullptr},
                {"model_path", nullptr},
                {"model_url", nullptr},
                {"scale", scale}};
  };
  Json list = Json::array({row("None", 4), row("Lanczos", 4)});
  for (const service::ModelFacts& model : api.context.engine.models()) {
    if (std::find(model.tasks.begin(), model.tasks.end(), service::Task::kUpscale) !=
        model.tasks.end()) {
      list.push_back(row(model.id, model.enlarges > 0 ? Json(model.enlarges) : Json()));
    }
  }
  return Reply::json(list);
}

Reply sdapi_styles() {
  Json list = Json::array();
  for (const Json& preset : presets()) {
    list.push_back({{"name", preset["name"]["en"]},
                    {"prompt", preset["prompt"]},
                    {"negative_prompt", preset["negative_prompt"]}});
  }
  return Reply::json(list);
}

Reply sdapi_memory() {
  struct sysinfo system {};
  Json ram = {{"error", "unavailable"}};
  if (sysinfo(&system) == 0) {
    const uint64_t total = uint64_t{system.totalram} * system.mem_unit;
    const uint64_t free = (uint64_t{system.freeram} + system.bufferram) * system.mem_unit;
    ram = {{"free", free}, {"used", total - free}, {"total", total}};
  }
  return Reply::json({{"ram", ram}, {"cuda", {{"error", "unavailable"}}}});
}

}  // namespace lienzo::http
