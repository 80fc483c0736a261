#pragma once

#include <chrono>
#include <utility>
#include <vector>

#include "lienzo/pipelines/stable_diffusion/canvas.h"
#include "lienzo/pipelines/stable_diffusion/guided_unet.h"
#include "lienzo/pipelines/stable_diffusion/parts.h"

namespace lienzo::pipelines {

/// One request from words to pictures: what StableDiffusion::generate does.
class Generation {
 public:
  Generation(StableDiffusionParts& parts,
             const StableDiffusionRequest& request,
             const StableDiffusionHooks& hooks);
  std::vector<StableDiffusionPicture> run();

 private:
  // Pictures that are made together: their seeds follow each other.
  struct Group {
    int first = 0;  // index of its first picture in the request
    std::vector<uint64_t> seeds;
  };

  torch::Tensor first_pass(const Group& group);
  torch::Tensor second_pass(const Group& group, const torch::Tensor& latents);
  std::pair<int, int> second_size() const;
  image::Image finished(const image::Image& made) const;
  torch::Tensor sample(const Group& group,
                       const diffusion::SamplingPlan& plan,
                       const ConditioningPair& conditioning,
                       torch::Tensor x,
                       const torch::Tensor& extra_channels,
                       tensor::NoiseSource& noise,
                       const diffusion::StepCallback& before_report);
  ConditioningPair encode(int steps, int passed);
  int64_t rows_per_pass(int64_t pictures, int64_t height, int64_t width) const;
  void check_memory(int64_t height, int64_t width) const;
  torch::Tensor time_ids(int64_t height, int64_t width, double aesthetic) const;
  void preview(const Group& group, const diffusion::StepInfo& info);
  void report(const Group& group, int steps_done);
  provenance::Record make_record(uint64_t seed, const image::Image& picture) const;
  void add_elsewhere(provenance::Record& record) const;
  void add_settings(Json& extra) const;

  StableDiffusionParts& parts_;
  const StableDiffusionRequest& request_;
  const StableDiffusionHooks& hooks_;
  std::string words_;  // the prompt without what asks for LoRAs
  Canvas canvas_;
  double guidance_ = 1;
  std::optional<diffusion::SamplingPlan> plan_, second_plan_;
  ConditioningPair conditioning_;
  std::optional<ConditioningPair> second_conditioning_;
  int batch_ = 1;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace lienzo::pipelines
