#include "lienzo/weights/load.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "../base/expect_error.h"
#include "lienzo/weights/safetensors.h"
#include "lienzo/weights/save.h"
#include "temporary_folder.h"

namespace lienzo::weights {
namespace {

/// A parameter, a submodule and a buffer of whole numbers.
struct Net : torch::nn::Module {
  Net() {
    linear = register_module("linear", torch::nn::Linear(3, 2));
    scale = register_parameter("scale", torch::ones({2}));
    steps = register_buffer("steps", torch::zeros({}, torch::kInt64));
  }
  torch::nn::Linear linear{nullptr};
  torch::Tensor scale, steps;
};

std::vector<NamedTensor> good() {
  return {{"linear.weight", torch::arange(6, torch::kFloat32).reshape({2, 3})},
          {"linear.bias", torch::tensor({7.0F, 8.0F})},
          {"scale", torch::tensor({9.0F, 10.0F})},
          {"steps", torch::tensor(int64_t{11})}};
}

TEST(Load, FillsParametersAndBuffersByName) {
  Net net;
  load_strict(net, TensorList(good()));
  EXPECT_TRUE(net.linear->weight.equal(torch::arange(6, torch::kFloat32).reshape({2, 3})));
  EXPECT_TRUE(net.linear->bias.equal(torch::tensor({7.0F, 8.0F})));
  EXPECT_TRUE(net.scale.equal(torch::tensor({9.0F, 10.0F})));
  EXPECT_EQ(net.steps.item<int64_t>(), 11);
  EXPECT_TRUE(net.scale.requires_grad());
}

TEST(Load, ConvertsToTheParametersType) {
  Net net;
  net.to(torch::kBFloat16);
  auto tensors = good();
  tensors[2].second = tensors[2].second.to(torch::kFloat16);
  load_strict(net, TensorList(tensors));
  EXPECT_EQ(net.scale.scalar_type(), torch::kBFloat16);
  EXPECT_TRUE(net.scale.to(torch::kFloat32).equal(torch::tensor({9.0F, 10.0F})));
}

TEST(Load, ReportsEverythingWrongAtOnceAndChangesNothing) {
  Net net;
  const torch::Tensor before = net.linear->bias.detach().clone();
  const TensorList file({{"linear.weight", torch::zeros({3, 2})},
                         {"linear.bias", torch::zeros({2})},
                         {"steps", torch::tensor(0.5F)},
                         {"linear.extra", torch::zeros({1})}},
                        "model.safetensors");
  expect_error(
      ErrorKind::kCorrupt,
      [&] { load_strict(net, file); },
      "[model.safetensors] does not fit the model",
      "1 missing: 'scale'",
      "1 unexpected: 'linear.extra'",
      "1 mis-shaped: 'linear.weight' got (3, 2), expected (2, 3)",
      "1 of another type: 'steps' got F32, expected int64");
  EXPECT_TRUE(net.linear->bias.equal(before));
}

TEST(Load, CountsTheNamesItDoesNotShow) {
  Net net;
  auto tensors = good();
  for (int i = 100; i < 125; ++i)
    tensors.emplace_back("extra." + std::to_string(i), torch::zeros({1}));
  expect_error(
      ErrorKind::kCorrupt,
      [&] { load_strict(net, TensorList(tensors)); },
      "25 unexpected: 'extra.100'",
      "'extra.119' and 5 more;");
}

TEST(Load, ToleratesOnlyWhatIsNamed) {
  Net net;
  auto tensors = good();
  tensors.erase(tensors.begin() + 2);  // scale
  tensors.emplace_back("head.0.weight", torch::zeros({1}));
  EXPECT_THROW(load_strict(net, TensorList(tensors)), Error);
  EXPECT_THROW(
      load_strict(
          net, TensorList(tensors), {.may_be_missing = {"scal"}, .may_be_unexpected = {"head.*"}}),
      Error);
  EXPECT_THROW(
      load_strict(
          net, TensorList(tensors), {.may_be_missing = {"scale"}, .may_be_unexpected = {"*.bias"}}),
      Error);
  load_strict(net,
              TensorList(tensors),
              {.may_be_missing = {"s*e"}, .may_be_unexpected = {"head.*.weight"}});
  EXPECT_TRUE(net.scale.equal(torch::ones({2})));
}

TEST(Load, ReadsOnePartOfAFile) {
  Net net;
  std::vector<NamedTensor> tensors{{"other.weight", torch::zeros({1})}};
  for (const auto& [name, tensor] : good()) tensors.emplace_back("net." + name, tensor);
  load_strict(net, TensorList(tensors), {.prefix = "net."});
  EXPECT_EQ(net.steps.item<int64_t>(), 11);
}

TEST(Save, GoesThroughAFileInHalfTheSize) {
  Net net, copy;
  load_strict(net, TensorList(good()));
  const TemporaryFolder folder;
  write_safetensors(folder / "half", named_tensors(net, torch::kFloat16, "part."));
  const SafetensorsFile file = SafetensorsFile::open(folder / "half");
  EXPECT_EQ(file.index().find("part.scale")->dtype, DType::kF16);
  EXPECT_EQ(file.index().find("part.steps")->dtype, DType::kI64);
  load_strict(copy, file, {.prefix = "part."});
  for (const auto& item : net.named_parameters())
    EXPECT_TRUE(copy.named_parameters()[item.key()].equal(item.value()));
  EXPECT_EQ(copy.steps.item<int64_t>(), 11);
}

TEST(Save, SharesMemoryWithoutConversion) {
  const Net net;
  EXPECT_EQ(named_tensors(net)[0].second.data_ptr(),
            net.named_parameters().begin()->value().data_ptr());
}

TEST(TensorList, RefusesTwoOfAName) {
  expect_error(
      ErrorKind::kCorrupt,
      [] {
        TensorList({{"x", torch::ones({1})}, {"x", torch::ones({1})}});
      },
      "'x'");
}

}  // namespace
}  // namespace lienzo::weights
