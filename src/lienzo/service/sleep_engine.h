#pragma once

#include <chrono>

#include "lienzo/service/engine.h"

namespace lienzo::service {

/// Draws nothing: waits a fixed time for each picture, and another for each pass however many
/// pictures are in it, and gives plain ones. For measuring what stands around the models, and for
/// trying clients.
class SleepEngine : public Engine {
 public:
  /// Up to `together` jobs share a pass.
  explicit SleepEngine(std::chrono::milliseconds each,
                       std::chrono::milliseconds pass = {},
                       size_t together = 1)
      : each_(each), pass_(pass), together_(together) {}

  std::vector<ModelFacts> models() override;
  void complete(DrawRequest& request) override;
  std::vector<MadePicture> draw(const DrawRequest& request,
                                const BlobReader& blobs,
                                const EngineHooks& hooks) override;
  size_t best_together(const DrawRequest& request) override;
  std::vector<std::vector<MadePicture>> draw_together(std::span<const EngineJob> jobs,
                                                      const BlobReader& blobs) override;

 private:
  const std::chrono::milliseconds each_, pass_;
  const size_t together_;
};

}  // namespace lienzo::service
