#pragma once

#include <chrono>

#include "lienzo/service/engine.h"

namespace lienzo::service {

/// Draws nothing: waits a fixed time for each picture and gives a plain one. For measuring what
/// stands around the models, and for trying clients.
class SleepEngine : public Engine {
 public:
  explicit SleepEngine(std::chrono::milliseconds each) : each_(each) {}

  std::vector<ModelFacts> models() override;
  void complete(DrawRequest& request) override;
  std::vector<MadePicture> draw(const DrawRequest& request,
                                const BlobReader& blobs,
                                const EngineHooks& hooks) override;

 private:
  const std::chrono::milliseconds each_;
};

}  // namespace lienzo::service
