#include "lienzo/nn/weight_memory.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <vector>

#include "lienzo/nn/half_kernel.h"

namespace lienzo::nn {
namespace {

// Bytes of this process in memory; proc(5), statm.
int64_t resident() {
  std::ifstream file("/proc/self/statm");
  int64_t all = 0, pages = 0;
  file >> all >> pages;
  return pages * ::sysconf(_SC_PAGESIZE);
}

TEST(WeightMemory, IsZeroAlignedAndNobodyElses) {
  std::vector<torch::Tensor> pieces;
  for (const int64_t bytes : {1, 64, 65, 4096, 1 << 20}) {
    pieces.push_back(weight_memory(bytes));
    EXPECT_EQ(pieces.back().numel(), bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(pieces.back().data_ptr()) % 64, 0);
    EXPECT_EQ(pieces.back().max().item<int>(), 0);
    pieces.back().fill_(static_cast<int>(pieces.size()));
  }
  for (size_t i = 0; i < pieces.size(); ++i) {
    EXPECT_EQ(pieces[i].min().item<int>(), i + 1);
    EXPECT_EQ(pieces[i].max().item<int>(), i + 1);
  }
  EXPECT_EQ(weight_memory(0).numel(), 0);
}

TEST(WeightMemory, GoesBackToTheSystemPieceByPiece) {
  constexpr int64_t kBytes = int64_t{96} << 20;
  const int64_t before = resident();
  torch::Tensor first = weight_memory(kBytes), second = weight_memory(kBytes);
  first.fill_(1);
  second.fill_(2);
  EXPECT_GT(resident(), before + kBytes);
  first.reset();
  EXPECT_LT(resident(), before + kBytes + kBytes / 2);
  EXPECT_EQ(second.min().item<int>(), 2);
  second.reset();
  EXPECT_LT(resident(), before + kBytes / 2);
}

TEST(WidenHalves, EqualsLibtorchForEveryNumber) {
  const torch::Tensor all = torch::arange(65536, torch::kInt).to(torch::kShort).view(torch::kHalf);
  torch::Tensor wide = torch::empty({65536});
  widen_halves(reinterpret_cast<const uint16_t*>(all.data_ptr()), 65536, wide.data_ptr<float>());
  const torch::Tensor wanted = all.to(torch::kFloat), number = wanted.eq(wanted);
  EXPECT_TRUE(torch::equal(wide.eq(wide), number));
  EXPECT_TRUE(torch::equal(wide.masked_select(number).view(torch::kInt),
                           wanted.masked_select(number).view(torch::kInt)))
      << "zeros have their signs too";
}

TEST(RoundHalves, EqualsLibtorchForEveryNumber) {
  const torch::Tensor all = torch::arange(65536, torch::kInt).to(torch::kShort).view(torch::kHalf);
  torch::Tensor rounded = torch::empty({65536}, torch::kBFloat16);
  round_halves(reinterpret_cast<const uint16_t*>(all.data_ptr()),
               65536,
               reinterpret_cast<uint16_t*>(rounded.data_ptr()));
  EXPECT_TRUE(
      torch::equal(rounded.view(torch::kShort), all.to(torch::kBFloat16).view(torch::kShort)));
}

}  // namespace
}  // namespace lienzo::nn
