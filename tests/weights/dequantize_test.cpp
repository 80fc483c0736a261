#include "lienzo/weights/dequantize.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <bit>
#include <cmath>

#include "../base/expect_error.h"
#include "hand_made.h"

namespace lienzo::weights {
namespace {

using namespace hand_made;

TEST(HalfToFloat, AgreesWithTorchOnAllOfThem) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float expected = c10::Half(static_cast<uint16_t>(bits), c10::Half::from_bits());
    const float got = half_to_float(static_cast<uint16_t>(bits));
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(got)) << bits;
    } else {
      EXPECT_EQ(std::bit_cast<uint32_t>(got), std::bit_cast<uint32_t>(expected)) << bits;
    }
  }
}

std::vector<float> numbers(DType dtype, const std::string& blocks, size_t count) {
  std::vector<float> out(count);
  dequantize(dtype, bytes_of(blocks), out);
  return out;
}

const std::string kTwo = le(0x4000, 2);    // 2.0 in half precision
const std::string kThree = le(0x4200, 2);  // 3.0

// The golden file of gguf_file_test.cpp says that whole rows are right; these say by hand where in
// a block a number stands.

TEST(Dequantize, ReadsBlocksOf32) {
  std::string pairs(16, '\0');
  pairs[0] = 0x2f;  // 15 is the first number, 2 the 17th
  EXPECT_EQ(numbers(DType::kQ80, kTwo + "\x01\xff" + std::string(30, '\x80'), 32)[1], -2);
  EXPECT_EQ(numbers(DType::kQ80, kTwo + std::string(32, '\x80'), 32)[31], -256);
  EXPECT_EQ(numbers(DType::kQ40, kTwo + pairs, 32)[0], 2 * (15 - 8));
  EXPECT_EQ(numbers(DType::kQ40, kTwo + pairs, 32)[16], 2 * (2 - 8));
  EXPECT_EQ(numbers(DType::kQ41, kTwo + kThree + pairs, 32)[16], 2 * 2 + 3);
  EXPECT_EQ(numbers(DType::kQ50, kTwo + le(1u << 16, 4) + pairs, 32)[0], 2 * (15 - 16));
  EXPECT_EQ(numbers(DType::kQ50, kTwo + le(1u << 16, 4) + pairs, 32)[16], 2 * (2 + 16 - 16));
  EXPECT_EQ(numbers(DType::kQ51, kTwo + kThree + le(1, 4) + pairs, 32)[0], 2 * (15 + 16) + 3);
}

TEST(Dequantize, ReadsBlocksOf256) {
  // Sub-block 0: scale 5, minimum 7; sub-block 5: scale 1 + 16 * 2, minimum 4 + 16 * 3.
  std::string scales(12, '\0');
  scales[0] = 5;
  scales[4] = 7;
  scales[9] = 0x41;
  scales[1] = static_cast<char>(2 << 6);
  scales[5] = static_cast<char>(3 << 6);
  std::string pairs(128, '\0');
  pairs[0] = 9;           // the first number of sub-block 0
  pairs[64 + 31] = 0x60;  // the last one of sub-block 5: 6
  const auto q4 = numbers(DType::kQ4K, kTwo + kThree + scales + pairs, 256);
  EXPECT_EQ(q4[0], 2 * 5 * 9 - 3 * 7);
  EXPECT_EQ(q4[5 * 32 + 31], 2 * 33 * 6 - 3 * 52);

  std::string fifth(32, '\0');
  fifth[31] = 1 << 5;
  const auto q5 = numbers(DType::kQ5K, kTwo + kThree + scales + fifth + pairs, 256);
  EXPECT_EQ(q5[0], 2 * 5 * 9 - 3 * 7);
  EXPECT_EQ(q5[5 * 32 + 31], 2 * 33 * (6 + 16) - 3 * 52);

  std::string low(128, '\0'), high(64, '\0'), small(16, '\1');
  low[64 + 32 + 3] = 0x70;  // the second half, the fourth run: 7
  high[32 + 3] = static_cast<char>(2 << 6);
  small[8 + 6] = -4;
  const auto q6 = numbers(DType::kQ6K, low + high + small + kTwo, 256);
  EXPECT_EQ(q6[128 + 96 + 3], 2 * -4 * (7 + 32 - 32));
  EXPECT_EQ(q6[0], 2 * -32);
}

TEST(Dequantize, ReadsBlocksAtAnyAddress) {
  const std::string block = kTwo + std::string(32, '\3');
  const std::string shifted = "x" + block + block;
  std::vector<float> out(64);
  dequantize(DType::kQ80, bytes_of(shifted).subspan(1), out);
  EXPECT_EQ(out, std::vector<float>(64, 6));
}

TEST(Dequantize, RefusesPlainTypes) {
  expect_error(
      ErrorKind::kInternal, [] { dequantize(DType::kF32, {}, {}); }, "F32");
}

}  // namespace
}  // namespace lienzo::weights
