#include "toy_task.h"

#include <stdlib.h>

#include <limits>

#include "lienzo/base/random.h"
#include "lienzo/weights/safetensors.h"

namespace lienzo::training {

ToyNet::ToyNet(double dropout_rate)
    : hidden(register_module("hidden", torch::nn::Linear(4, 8))),
      out(register_module("out", torch::nn::Linear(8, 1))),
      norm(register_module("norm", torch::nn::BatchNorm1d(8))),
      dropout(register_module("dropout", torch::nn::Dropout(dropout_rate))) {}

torch::Tensor ToyNet::forward(torch::Tensor x) {
  x = hidden->forward(x);
  if (dropout->options.p() > 0) x = dropout->forward(norm->forward(x));
  return out->forward(x);
}

ToyTask::ToyTask(const Recipe& recipe, ToyOptions options)
    : batch_size_(recipe.train.batch_size), seed_(recipe.train.seed), options_(options) {
  torch::manual_seed(static_cast<uint64_t>(recipe.train.seed));
  net_ = std::make_shared<ToyNet>(options.plain ? 0.0 : 0.1);
}

Batch ToyTask::make_batch(int64_t step) const {
  // Batch `step` of size B is samples step * B .. (step + 1) * B - 1, so that two small batches
  // make a large one.
  torch::Tensor x = torch::empty({batch_size_, 4});
  float* values = x.data_ptr<float>();
  for (int64_t i = 0; i < batch_size_; ++i) {
    Random random(static_cast<uint64_t>(seed_), static_cast<uint64_t>(step * batch_size_ + i));
    for (int k = 0; k < 4; ++k) values[i * 4 + k] = static_cast<float>(random.normal());
  }
  torch::Tensor y = x.matmul(torch::tensor({1.0f, -2.0f, 3.0f, 0.5f})).unsqueeze(1) + 1;
  if (step >= options_.poison_from && step <= options_.poison_to)
    y.fill_(std::numeric_limits<float>::quiet_NaN());
  return {x, y};
}

torch::Tensor ToyTask::loss(const Batch& batch, std::map<std::string, double>& metrics) {
  torch::Tensor x = batch[0];
  if (!options_.plain) x = x + 0.01 * torch::randn_like(x);
  const torch::Tensor error = net_->forward(x) - batch[1];
  metrics["absolute_error"] = error.abs().mean().item<double>();
  return error.square().mean();
}

image::Image ToyTask::sample_sheet() {
  image::Image sheet(4, 2, 3);
  sheet.pixels[0] = 255;
  return sheet;
}

std::map<std::string, double> ToyTask::validate() {
  const Batch batch = make_batch(1 << 20);
  return {{"error", (net_->forward(batch[0]) - batch[1]).square().mean().item<double>()}};
}

void ToyTask::save_model(const std::filesystem::path& folder, const Json& provenance) {
  std::vector<weights::NamedTensor> tensors;
  for (const auto& item : net_->named_parameters())
    tensors.emplace_back(item.key(), item.value().detach());
  weights::write_safetensors(
      folder / "toy.safetensors", tensors, {{"steps", provenance.at("steps").dump()}});
}

Recipe toy_recipe(const std::filesystem::path& output) {
  Recipe recipe;
  recipe.kind = recipe.name = "toy";
  recipe.output = output;
  recipe.train.steps = 60;
  recipe.train.batch_size = 16;
  recipe.train.learning_rate = 0.02;
  recipe.train.warmup_steps = 5;
  recipe.train.ema_decay = 0.9;
  recipe.train.log_every = 1;
  recipe.train.checkpoint_every = 7;
  recipe.train.threads = 1;
  recipe.train.seed = 3;
  return recipe;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "lienzo-training-XXXXXX").string();
  path_ = mkdtemp(name.data());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace lienzo::training
