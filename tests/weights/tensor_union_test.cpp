#include "lienzo/weights/tensor_union.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "../base/expect_error.h"

namespace lienzo::weights {
namespace {

std::shared_ptr<const TensorFile> file(std::vector<std::string> names, float number) {
  std::vector<NamedTensor> tensors;
  for (std::string& name : names) tensors.emplace_back(std::move(name), torch::tensor({number}));
  return std::make_shared<TensorList>(std::move(tensors), "part");
}

TEST(TensorUnion, ShowsTheTensorsOfAllFilesInOrder) {
  const TensorUnion whole({file({"b", "a"}, 1), file({}, 2), file({"c"}, 3)}, "whole");
  ASSERT_EQ(whole.index().size(), 3u);
  EXPECT_EQ(whole.index().tensors()[0].name, "b");
  EXPECT_EQ(whole.index().tensors()[2].name, "c");
  EXPECT_EQ(whole.read("a").item<float>(), 1);
  EXPECT_EQ(whole.read("b").item<float>(), 1);
  EXPECT_EQ(whole.read("c").item<float>(), 3);
  EXPECT_EQ(whole.where(), "whole");
  expect_error(
      ErrorKind::kNotFound, [&] { whole.read("d"); }, "whole", "'d'");
}

TEST(TensorUnion, RefusesATensorInTwoFiles) {
  expect_error(
      ErrorKind::kCorrupt,
      [] {
        TensorUnion({file({"a"}, 1), file({"b", "a"}, 2)}, "whole");
      },
      "whole",
      "'a'");
}

TEST(TensorUnion, MayBeEmpty) { EXPECT_EQ(TensorUnion({}, "nothing").index().size(), 0u); }

}  // namespace
}  // namespace lienzo::weights
