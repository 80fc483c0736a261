#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "lienzo/http/context.h"
#include "lienzo/http/route.h"
#include "lienzo/http/sdapi_options.h"

/// The groups of AUTOMATIC1111's routes and what they share. Each answers with
/// {"error", "detail", "body", "errors"}, or for fields at fault as FieldProblems says.
namespace lienzo::http {

/// Which job a force_task_id means, for the caller who gave it; the newest thousand of them.
class TaskIds {
 public:
  void remember(const std::string& owner, const std::string& task, const std::string& job);
  /// The job of a task.
  std::optional<std::string> job(const std::string& owner, const std::string& task) const;
  /// What the caller named a job; its id when it got no name.
  std::string task(const std::string& job) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::string> jobs_;
  std::map<std::string, std::string> tasks_;
  std::deque<std::pair<std::string, std::string>> order_;
};

/// What the routes share; lives as long as they do.
struct SdApi {
  explicit SdApi(Context& shared) : context(shared), options(shared.store) {}

  Context& context;
  SdApiOptions options;
  TaskIds tasks = {};
};

/// txt2img, img2img.
Reply sdapi_draw(SdApi& api, const Call& call, bool with_picture);

/// progress, interrupt and skip, and what the web page of AUTOMATIC1111 asks.
Reply sdapi_progress(SdApi& api, const Call& call);
Reply sdapi_interrupt(SdApi& api, const Call& call, const Json& answer);
Reply sdapi_task_progress(SdApi& api, const Call& call);
Reply sdapi_pending_tasks(SdApi& api, const Call& call);

/// Lists of what there is.
Reply sdapi_samplers(SdApi& api);
Reply sdapi_schedulers(SdApi& api);
Reply sdapi_models(SdApi& api);
Reply sdapi_loras(SdApi& api);
Reply sdapi_upscalers(SdApi& api);
Reply sdapi_styles();
Reply sdapi_memory();

/// png-info, extra-single-image, extra-batch-images.
Reply sdapi_png_info(SdApi& api, const Call& call);
Reply sdapi_extra_single(SdApi& api, const Call& call);
Reply sdapi_extra_batch(SdApi& api, const Call& call);

}  // namespace lienzo::http
