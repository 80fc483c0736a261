#include "lienzo/base/pages.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>

namespace lienzo {
namespace {

TEST(Pages, AreReleasedWhereTheyLieWhollyInside) {
  const size_t page = page_size(), size = 4 * page;
  void* const memory =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  char* const data = static_cast<char*>(memory);
  const auto kept_after_release = [&](size_t first, size_t bytes) {
    std::fill(data, data + size, 'x');
    release_pages(data + first, bytes);
    size_t kept = 0;
    for (size_t i = 0; i < 4; ++i) kept += data[i * page] == 'x' ? size_t{1} << i : 0;
    return kept;  // a bit for each page
  };
  EXPECT_EQ(kept_after_release(0, size), 0b0000U);
  EXPECT_EQ(kept_after_release(1, size - 1), 0b0001U);
  EXPECT_EQ(kept_after_release(0, size - 1), 0b1000U);
  EXPECT_EQ(kept_after_release(1, size - 2), 0b1001U);
  EXPECT_EQ(kept_after_release(page, page), 0b1101U);
  EXPECT_EQ(kept_after_release(1, 2 * page - 2), 0b1111U);
  EXPECT_EQ(kept_after_release(page, page - 1), 0b1111U);
  EXPECT_EQ(kept_after_release(0, 0), 0b1111U);
  ::munmap(memory, size);
}

}  // namespace
}  // namespace lienzo
