#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "lienzo/engine/model_catalogue.h"
#include "lienzo/engine/pipeline_engine.h"
#include "lienzo/pipelines/any_model.h"
#include "lienzo/pipelines/picture_upscaler.h"
#include "lienzo/pipelines/stable_diffusion/stable_diffusion.h"

namespace lienzo::engine {

using LoadedModel =
    std::variant<pipelines::AnyModel, pipelines::StableDiffusion, pipelines::PictureUpscaler>;

/// Models in memory, the latest used first.
class ModelPool {
 public:
  explicit ModelPool(const EngineOptions& options);

  /// The model with these LoRAs in it, loaded when it is not there. `loading` is called before it
  /// is. A file that changed since is loaded anew. Throws what loading throws.
  std::shared_ptr<LoadedModel> get(const Entry& entry,
                                   const std::vector<pipelines::LoraChoice>& loras,
                                   const std::function<void()>& loading);
  bool holds(const std::string& id);

 private:
  struct Held {
    std::string id;
    std::string loras;  // pool_key()
    std::filesystem::file_time_type changed;
    uint64_t bytes = 0;
    std::shared_ptr<LoadedModel> model;
  };

  std::shared_ptr<LoadedModel> load(const Entry& entry,
                                    const std::vector<pipelines::LoraChoice>& loras) const;

  const EngineOptions& options_;
  const uint64_t budget_;
  std::mutex mutex_;  // guards held_; get() is called by one thread at a time
  std::list<Held> held_;
};

}  // namespace lienzo::engine
