#include "lienzo/tensor/huge_pages.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace lienzo::tensor {
namespace {

// Whether the kernel was asked for huge pages where `address` lies ("hg" among the flags of
// /proc/self/smaps).
bool asked_for_huge_pages(const void* address) {
  const auto wanted = reinterpret_cast<uintptr_t>(address);
  std::ifstream maps("/proc/self/smaps");
  bool here = false;
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin = 0, end = 0;
    char dash = 0;
    std::istringstream words(line);
    if (words >> std::hex >> begin >> dash >> end && dash == '-')
      here = begin <= wanted && wanted < end;
    if (here && line.starts_with("VmFlags:")) return line.find(" hg") != std::string::npos;
  }
  return false;
}

TEST(HugePages, AreAskedForWhereTensorsAreLarge) {
  if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage/enabled"))
    GTEST_SKIP() << "a kernel without transparent huge pages";
  use_huge_pages();
  use_huge_pages();
  const torch::Tensor large = torch::ones({40, 1024, 1024}), small = torch::ones({1000});
  EXPECT_TRUE(asked_for_huge_pages(large.data_ptr<float>() + 1024 * 1024));
  EXPECT_EQ(large.sum().item<double>(), 40.0 * 1024 * 1024);
  EXPECT_EQ(small.sum().item<double>(), 1000);
  EXPECT_EQ(torch::empty({0}).numel(), 0);
}

}  // namespace
}  // namespace lienzo::tensor
