#include "lienzo/weights/tensor_view.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "../base/expect_error.h"

namespace lienzo::weights {
namespace {

torch::Tensor numbers(at::IntArrayRef shape) {
  return torch::arange(c10::multiply_integers(shape), torch::kFloat32).reshape(shape);
}

std::shared_ptr<const TensorFile> file() {
  return std::make_shared<TensorList>(
      std::vector<NamedTensor>{{"qkv", numbers({6, 4})},
                               {"conv", numbers({2, 3, 1, 1})},
                               {"kernel", numbers({2, 3, 1, 5})},
                               {"bias", torch::arange(6, torch::kFloat16)},
                               {"steps", torch::tensor(int64_t{7})}},
      "model.ckpt");
}

TEST(TensorView, ShowsWhatItsTableListsAndNothingElse) {
  const TensorView view(file(),
                        {{.name = "a.weight", .source = "qkv"}, {.name = "b", .source = "steps"}});
  ASSERT_EQ(view.index().size(), 2u);
  EXPECT_EQ(view.index().tensors()[0].name, "a.weight");
  EXPECT_EQ(view.index().find("a.weight")->shape, (std::vector<int64_t>{6, 4}));
  EXPECT_EQ(view.index().find("b")->dtype, DType::kI64);
  EXPECT_TRUE(view.read("a.weight").equal(numbers({6, 4})));
  EXPECT_EQ(view.read("b").item<int64_t>(), 7);
  EXPECT_EQ(view.where(), "model.ckpt");
  EXPECT_THROW(view.read("qkv"), Error);
}

TEST(TensorView, CutsRowsOutOfAFusedTensor) {
  const TensorView view(file(),
                        {{.name = "k", .source = "qkv", .rows = {{2, 4}}},
                         {.name = "v", .source = "bias", .rows = {{4, 6}}},
                         {.name = "none", .source = "qkv", .rows = {{6, 6}}}});
  EXPECT_EQ(view.index().find("k")->shape, (std::vector<int64_t>{2, 4}));
  EXPECT_EQ(view.index().find("k")->bytes, 32u);
  EXPECT_EQ(view.index().find("v")->bytes, 4u);
  EXPECT_TRUE(view.read("k").equal(numbers({6, 4}).slice(0, 2, 4)));
  EXPECT_TRUE(view.read("v").equal(torch::tensor({4, 5}, torch::kFloat16)));
  EXPECT_EQ(view.read("none").sizes(), (std::vector<int64_t>{0, 4}));
}

TEST(TensorView, TurnsConvolutionsIntoMatricesAndTransposes) {
  const TensorView view(
      file(),
      {{.name = "dropped", .source = "conv", .drop_unit_dims = true},
       {.name = "both", .source = "conv", .transpose = true, .drop_unit_dims = true},
       {.name = "all",
        .source = "conv",
        .rows = {{1, 2}},
        .transpose = true,
        .drop_unit_dims = true},
       {.name = "matrix", .source = "qkv", .drop_unit_dims = true},
       {.name = "vector", .source = "bias", .drop_unit_dims = true}});
  EXPECT_EQ(view.index().find("both")->shape, (std::vector<int64_t>{3, 2}));
  for (const TensorInfo& info : view.index().tensors())
    EXPECT_EQ(view.read(info.name).sizes(), info.shape) << info.name;
  EXPECT_TRUE(view.read("dropped").equal(numbers({2, 3})));
  EXPECT_TRUE(view.read("both").equal(numbers({2, 3}).t()));
  EXPECT_TRUE(view.read("all").equal(torch::tensor({{3.0F}, {4.0F}, {5.0F}})));
  EXPECT_TRUE(view.read("matrix").equal(numbers({6, 4})));
}

TEST(TensorView, SharesTheFilesMemory) {
  const auto source = file();
  const TensorView view(source, {{.name = "k", .source = "qkv", .rows = {{2, 4}}}});
  EXPECT_EQ(view.read("k").data_ptr<float>(), source->read("qkv").data_ptr<float>() + 8);
}

TEST(TensorView, NamesEveryEntryThatCannotBe) {
  expect_error(
      ErrorKind::kCorrupt,
      [] {
        TensorView(file(),
                   {{.name = "a", .source = "absent"},
                    {.name = "b", .source = "qkv", .rows = {{4, 7}}},
                    {.name = "c", .source = "qkv", .rows = {{-1, 2}}},
                    {.name = "d", .source = "qkv", .rows = {{3, 2}}},
                    {.name = "e", .source = "steps", .rows = {{0, 1}}},
                    {.name = "f", .source = "conv", .transpose = true},
                    {.name = "g", .source = "kernel", .drop_unit_dims = true},
                    {.name = "good", .source = "bias"}});
      },
      "[model.ckpt]",
      "1 missing: 'absent'",
      "6 impossible: 'b': 'qkv' of shape (6, 4) has no rows 4 to 7",
      "'c': 'qkv' of shape (6, 4) has no rows -1 to 2",
      "'d': 'qkv' of shape (6, 4) has no rows 3 to 2",
      "'e': 'steps' of shape () has no rows 0 to 1",
      "'f': 'conv' of shape (2, 3, 1, 1) is no matrix to transpose",
      "'g': 'kernel' of shape (2, 3, 1, 5) does not end in dimensions of 1");
  expect_error(
      ErrorKind::kCorrupt,
      [] {
        TensorView(file(), {{.name = "a", .source = "qkv"}, {.name = "a", .source = "conv"}});
      },
      "two tensors are named 'a'");
}

}  // namespace
}  // namespace lienzo::weights
