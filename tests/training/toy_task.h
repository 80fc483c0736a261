#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

#include <filesystem>
#include <map>
#include <string>

#include "lienzo/training/recipe.h"
#include "lienzo/training/task.h"

namespace lienzo::training {

/// Two layers with everything that makes resuming hard: dropout, running statistics, noise inside
/// the loss.
struct ToyNet : torch::nn::Module {
  explicit ToyNet(double dropout);
  torch::Tensor forward(torch::Tensor x);  // (B, 4) -> (B, 1)

  torch::nn::Linear hidden, out;
  torch::nn::BatchNorm1d norm;
  torch::nn::Dropout dropout;
};

struct ToyOptions {
  bool plain =
      false;  // no dropout, no running statistics, no noise: micro-batches add up to one batch
  int64_t poison_from = -1;  // steps from .. to give a NaN loss
  int64_t poison_to = -1;
};

/// Learns y = x . (1, -2, 3, 0.5) + 1.
class ToyTask : public Task {
 public:
  explicit ToyTask(const Recipe& recipe, ToyOptions options = {});
  torch::nn::Module& module() override { return *net_; }
  Batch make_batch(int64_t step) const override;
  torch::Tensor loss(const Batch& batch, std::map<std::string, double>& metrics) override;
  image::Image sample_sheet() override;
  std::map<std::string, double> validate() override;
  void save_model(const std::filesystem::path& folder, const Json& provenance) override;

 private:
  int64_t batch_size_, seed_;
  ToyOptions options_;
  std::shared_ptr<ToyNet> net_;
};

/// A small recipe that trains for an instant into `output`.
Recipe toy_recipe(const std::filesystem::path& output);

/// An empty folder of its own, deleted at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace lienzo::training
