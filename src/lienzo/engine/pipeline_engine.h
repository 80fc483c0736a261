#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lienzo/service/engine.h"

namespace lienzo::engine {

struct EngineOptions {
  std::filesystem::path embedded;  // folder of the model that comes with the program; may be empty
  std::filesystem::path models;    // folder of the others; need not exist
  std::filesystem::path vocabulary = {};        // CLIP's, for single files; may be empty
  std::filesystem::path tiny_autoencoder = {};  // TAESD, for previews
  std::filesystem::path digest_cache = {};
  std::string dtype = {}, device = "auto";
  int threads = 0;             // 0: as many as there are processors
  uint64_t memory_budget = 0;  // bytes of weights kept; 0: half of the machine's memory
  int preview_every = 3;       // steps; 0: no previews
};

/// Makes pictures with the pipelines. Models are loaded when first asked for and kept within a
/// budget; the one that was used longest ago goes first.
class PipelineEngine : public service::Engine {
 public:
  explicit PipelineEngine(EngineOptions options);
  ~PipelineEngine() override;

  std::vector<service::ModelFacts> models() override;
  std::vector<service::LoraFacts> loras() override;
  void complete(service::DrawRequest& request) override;
  std::vector<service::MadePicture> draw(const service::DrawRequest& request,
                                         const service::BlobReader& blobs,
                                         const service::EngineHooks& hooks) override;
  size_t best_together(const service::DrawRequest& request) override;
  std::vector<std::vector<service::MadePicture>> draw_together(
      std::span<const service::EngineJob> jobs, const service::BlobReader& blobs) override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace lienzo::engine
