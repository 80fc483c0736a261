#pragma once

#include <span>
#include <string>
#include <vector>

#include "lienzo/http/route.h"
#include "lienzo/jobs/job_store.h"
#include "lienzo/service/engine.h"

namespace lienzo::http {

/// The settings of AUTOMATIC1111 that its clients read and write, one set per caller, in the store.
/// Few of them change anything here; one that would change pictures in a way that we cannot may
/// only have the value that means "off".
class SdApiOptions {
 public:
  /// `store` outlives it.
  explicit SdApiOptions(jobs::JobStore& store) : store_(store) {}

  /// All of them, as the caller set them.
  Json of(const std::string& owner, std::span<const service::ModelFacts> models);
  /// Throws FieldProblems, and then nothing changed.
  void set(const std::string& owner,
           const Json& changes,
           std::span<const service::ModelFacts> models);
  /// of() with `changes` for one request. Throws FieldProblems naming "override_settings.x".
  Json with(const std::string& owner,
            const Json& changes,
            std::span<const service::ModelFacts> models);

 private:
  jobs::JobStore& store_;
};

/// The model that settings made by of() or with() name.
const service::ModelFacts& model_of(const Json& options,
                                    std::span<const service::ModelFacts> models);

/// What settings say of pictures: format, quality, clip skip, and for Stable Diffusion the noise.
void apply_options(const Json& options,
                   const service::ModelFacts& model,
                   service::DrawRequest& request);

}  // namespace lienzo::http
