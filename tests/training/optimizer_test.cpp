#include "lienzo/training/optimizer.h"

#include <gtest/gtest.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adamw.h>

#include <cmath>

#include "lienzo/base/error.h"

namespace lienzo::training {
namespace {

struct Net : torch::nn::Module {
  Net()
      : conv(register_module("conv", torch::nn::Conv2d(3, 40, 3))),
        linear(register_module("linear", torch::nn::Linear(200, 150))) {
  }  // more than one chunk of 16384
  torch::nn::Conv2d conv;
  torch::nn::Linear linear;
};

void set_gradients(torch::nn::Module& net, int step) {
  torch::manual_seed(100 + step);
  for (auto& parameter : net.parameters())
    parameter.mutable_grad() = torch::randn(parameter.sizes());
}

TEST(AdamW, MatchesTorch) {
  Net ours, theirs;
  for (size_t i = 0; i < ours.parameters().size(); ++i) {
    ours.parameters()[i].detach().copy_(theirs.parameters()[i].detach());
  }
  // A channels-last weight must not be mixed up with its row-major gradient.
  ours.conv->weight.set_data(ours.conv->weight.detach().contiguous(at::MemoryFormat::ChannelsLast));

  AdamW adamw(ours, {.beta1 = 0.9, .beta2 = 0.95, .epsilon = 1e-8, .weight_decay = 0.1});
  using Options = torch::optim::AdamWOptions;
  auto options = [](double decay) {
    return std::make_unique<Options>(
        Options(1e-2).betas({0.9, 0.95}).eps(1e-8).weight_decay(decay));
  };
  std::vector<torch::optim::OptimizerParamGroup> groups;
  groups.emplace_back(std::vector<torch::Tensor>{theirs.conv->weight, theirs.linear->weight},
                      options(0.1));
  groups.emplace_back(std::vector<torch::Tensor>{theirs.conv->bias, theirs.linear->bias},
                      options(0.0));
  torch::optim::AdamW reference(groups, Options(1e-2));

  for (int step = 0; step < 20; ++step) {
    set_gradients(ours, step);
    set_gradients(theirs, step);
    const double norm = adamw.gradient_norm();
    EXPECT_NEAR(norm, torch::nn::utils::clip_grad_norm_(theirs.parameters(), 1.0), 1e-3);
    adamw.step(1e-2, std::min(1.0, 1 / (norm + 1e-6)), 0.9);
    reference.step();
  }
  for (size_t i = 0; i < ours.parameters().size(); ++i) {
    EXPECT_TRUE(torch::allclose(ours.parameters()[i], theirs.parameters()[i], 1e-6, 1e-6))
        << (ours.parameters()[i] - theirs.parameters()[i]).abs().max().item<double>();
  }
}

TEST(AdamW, AveragesWeights) {
  Net net;
  AdamW adamw(net, {});
  torch::Tensor expected = net.linear->weight.detach().clone();
  for (int step = 0; step < 5; ++step) {
    set_gradients(net, step);
    adamw.step(1e-2, 1.0, 0.75);
    expected = 0.75 * expected + 0.25 * net.linear->weight.detach();
  }
  const torch::Tensor live = net.linear->weight.detach().clone();
  {
    EmaScope scope(net, adamw);
    EXPECT_TRUE(torch::allclose(net.linear->weight, expected, 1e-5, 1e-6));
    EXPECT_FALSE(net.is_training());
    EXPECT_FALSE(at::GradMode::is_enabled());
  }
  EXPECT_TRUE(torch::equal(net.linear->weight, live));
  EXPECT_TRUE(net.is_training());
  EXPECT_TRUE(at::GradMode::is_enabled());
}

TEST(AdamW, NormSeesWhatIsNotFinite) {
  Net net;
  AdamW adamw(net, {});
  EXPECT_EQ(adamw.gradient_norm(), 0);  // no gradients yet
  set_gradients(net, 0);
  EXPECT_TRUE(std::isfinite(adamw.gradient_norm()));
  net.linear->weight.mutable_grad().view(-1)[29999] = INFINITY;
  EXPECT_FALSE(std::isfinite(adamw.gradient_norm()));
}

TEST(AdamW, SameForAnyNumberOfThreads) {
  auto train = [](int threads) {
    at::set_num_threads(threads);
    torch::manual_seed(5);
    Net net;
    AdamW adamw(net, {});
    for (int step = 0; step < 3; ++step) {
      set_gradients(net, step);
      adamw.step(1e-2, 1 / adamw.gradient_norm(), 0.9);
    }
    return adamw.states()[2].ema.clone();
  };
  EXPECT_TRUE(torch::equal(train(1), train(2)));
  at::set_num_threads(1);
}

TEST(AdamW, RefusesHalfPrecisionWeights) {
  Net net;
  net.to(torch::kBFloat16);
  EXPECT_THROW(AdamW(net, {}), Error);
}

}  // namespace
}  // namespace lienzo::training
