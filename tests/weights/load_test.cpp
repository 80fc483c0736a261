#include "lienzo/weights/load.h"

#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "../base/expect_error.h"
#include "golden.h"
#include "lienzo/weights/gguf_file.h"
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

TEST(Load, ChecksTheFitWithoutLoading) {
  Net net;
  const torch::Tensor before = net.scale.detach().clone();
  check_fit(net, TensorList(good()));
  EXPECT_TRUE(net.scale.equal(before));
  auto tensors = good();
  tensors.pop_back();
  expect_error(
      ErrorKind::kCorrupt, [&] { check_fit(net, TensorList(tensors)); }, "1 missing: 'steps'");
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

TEST(Load, SharesTheFilesMemoryWhereItFits) {
  Net net;
  auto tensors = good();
  tensors[1].second = tensors[1].second.to(torch::kFloat16);
  const TensorList file(tensors);
  load_strict(net, file, {.share_memory = true});
  EXPECT_EQ(net.linear->weight.data_ptr(), file.read("linear.weight").data_ptr());
  EXPECT_EQ(net.steps.data_ptr(), file.read("steps").data_ptr());
  EXPECT_NE(net.linear->bias.data_ptr(), file.read("linear.bias").data_ptr());
  EXPECT_TRUE(net.linear->bias.equal(torch::tensor({7.0F, 8.0F})));
  EXPECT_EQ(net.linear->bias.scalar_type(), torch::kFloat32);
  EXPECT_TRUE(net.linear->weight.requires_grad());
  EXPECT_TRUE(net.named_parameters()["linear.weight"].equal(good()[0].second));
  EXPECT_TRUE(net.linear(torch::ones({3})).equal(torch::tensor({3.0F + 7, 12.0F + 8})));
}

TEST(Load, CopiesNumbersThatDoNotLieInOrder) {
  Net net;
  auto tensors = good();
  tensors[0].second = torch::arange(6, torch::kFloat32).reshape({3, 2}).t();
  const TensorList file(tensors);
  load_strict(net, file, {.share_memory = true});
  EXPECT_TRUE(net.linear->weight.is_contiguous());
  EXPECT_TRUE(net.linear->weight.equal(tensors[0].second));
}

TEST(Load, GivesFractionsTheTypeAskedFor) {
  for (const bool share : {false, true}) {
    Net net;
    auto tensors = good();
    tensors[2].second = tensors[2].second.to(torch::kBFloat16);
    const TensorList file(tensors);
    load_strict(net, file, {.float_dtype = torch::kBFloat16, .share_memory = share});
    EXPECT_EQ(net.linear->weight.scalar_type(), torch::kBFloat16);
    EXPECT_EQ(net.scale.scalar_type(), torch::kBFloat16);
    EXPECT_EQ(net.steps.scalar_type(), torch::kInt64);
    EXPECT_EQ(net.scale.data_ptr() == file.read("scale").data_ptr(), share);
    EXPECT_TRUE(net.linear->bias.to(torch::kFloat32).equal(torch::tensor({7.0F, 8.0F})));
  }
}

TEST(Load, KeepsTheTypesOfTheFileWhereAsked) {
  Net net;
  auto tensors = good();
  tensors[2].second = tensors[2].second.to(torch::kHalf);
  const TensorList file(tensors);
  load_strict(net, file, {.file_dtype = true, .share_memory = true});
  EXPECT_EQ(net.scale.scalar_type(), torch::kHalf);
  EXPECT_EQ(net.scale.data_ptr(), file.read("scale").data_ptr());
  EXPECT_EQ(net.linear->weight.scalar_type(), torch::kFloat32);
  EXPECT_EQ(net.steps.scalar_type(), torch::kInt64);
}

TEST(Load, ASharedModuleOutlivesItsFile) {
  const TemporaryFolder folder;
  Net net;
  {
    write_safetensors(folder / "a", good());
    const SafetensorsFile file = SafetensorsFile::open(folder / "a");
    load_strict(net, file, {.share_memory = true});
    std::filesystem::remove(folder / "a");
  }
  EXPECT_TRUE(net.scale.equal(torch::tensor({9.0F, 10.0F})));
  torch::NoGradGuard no_grad;
  net.scale.zero_();  // a page of the process, not of the file
  EXPECT_EQ(net.scale.sum().item<float>(), 0);
}

TEST(Load, AQuantisedTensorIsAFraction) {
  struct Steps : torch::nn::Module {
    Steps() { register_buffer("q4_0", torch::zeros({2, 256}, torch::kInt64)); }
  } whole;
  struct Weights : torch::nn::Module {
    Weights() { q4_0 = register_parameter("q4_0", torch::zeros({2, 256})); }
    torch::Tensor q4_0;
  } weights;
  const GgufFile file = GgufFile::open(golden("types.gguf"));
  const LoadOptions only{.may_be_unexpected = {"*"}};
  expect_error(
      ErrorKind::kCorrupt,
      [&] { load_strict(whole, file, only); },
      "'q4_0' got Q4_0, expected int64");
  load_strict(weights, file, only);
  EXPECT_TRUE(weights.q4_0.equal(file.read("q4_0.expected")));
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
