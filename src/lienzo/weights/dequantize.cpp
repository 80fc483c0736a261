// Compiled without contraction of products and sums into one rounding, so that the results are the
// same on every processor.
#include "lienzo/weights/dequantize.h"

#include <bit>
#include <cstring>
#include <string>

#include "lienzo/base/error.h"

namespace lienzo::weights {

namespace {

constexpr int kSmall = 32;   // elements of the simple blocks
constexpr int kLarge = 256;  // elements of the K blocks

uint16_t read_u16(const uint8_t* at) {
  uint16_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

float read_half(const uint8_t* at) { return half_to_float(read_u16(at)); }

void q8_0(const uint8_t* block, float* out) {
  const float d = read_half(block);
  for (int i = 0; i < kSmall; ++i) out[i] = d * static_cast<int8_t>(block[2 + i]);
}

void q4_0(const uint8_t* block, float* out) {
  const float d = read_half(block);
  const uint8_t* pairs = block + 2;
  for (int i = 0; i < kSmall / 2; ++i) {
    out[i] = d * ((pairs[i] & 15) - 8);
    out[i + kSmall / 2] = d * ((pairs[i] >> 4) - 8);
  }
}

void q4_1(const uint8_t* block, float* out) {
  const float d = read_half(block);
  const float m = read_half(block + 2);
  const uint8_t* pairs = block + 4;
  for (int i = 0; i < kSmall / 2; ++i) {
    out[i] = d * (pairs[i] & 15) + m;
    out[i + kSmall / 2] = d * (pairs[i] >> 4) + m;
  }
}

/// The 5-bit numbers of a block: four bits each in `pairs`, the fifth ones together in `high`.
template <class Store>
void five_bits(const uint8_t* high, const uint8_t* pairs, Store store) {
  uint32_t fifth;
  std::memcpy(&fifth, high, sizeof fifth);
  for (int i = 0; i < kSmall / 2; ++i) {
    store(i, static_cast<int>((pairs[i] & 15) | (fifth >> i & 1) << 4));
    store(i + kSmall / 2, static_cast<int>((pairs[i] >> 4) | (fifth >> (i + kSmall / 2) & 1) << 4));
  }
}

void q5_0(const uint8_t* block, float* out) {
  const float d = read_half(block);
  five_bits(block + 2, block + 6, [&](int i, int q) { out[i] = d * (q - 16); });
}

void q5_1(const uint8_t* block, float* out) {
  const float d = read_half(block);
  const float m = read_half(block + 2);
  five_bits(block + 4, block + 8, [&](int i, int q) { out[i] = d * q + m; });
}

struct ScaleAndMinimum {
  int scale;
  int minimum;
};

/// Scale and minimum, six bits each, of sub-block k of 8, packed into 12 bytes.
ScaleAndMinimum unpack_scale(const uint8_t* packed, int k) {
  if (k < 4) return {packed[k] & 63, packed[k + 4] & 63};
  return {(packed[k + 4] & 15) | (packed[k - 4] >> 6) << 4,
          (packed[k + 4] >> 4) | (packed[k] >> 6) << 4};
}

void q4_k(const uint8_t* block, float* out) {
  const float d = read_half(block);
  const float m = read_half(block + 2);
  const uint8_t* pairs = block + 16;
  for (int k = 0; k < 8; ++k) {  // two sub-blocks share their bytes
    const ScaleAndMinimum s = unpack_scale(block + 4, k);
    const float scale = d * s.scale;
    const float minimum = m * s.minimum;
    const int shift = k % 2 * 4;
    for (int i = 0; i < 32; ++i)
      out[32 * k + i] = scale * (pairs[k / 2 * 32 + i] >> shift & 15) - minimum;
  }
}

void q5_k(const uint8_t* block, float* out) {
  const float d = read_half(block);
  const float m = read_half(block + 2);
  const uint8_t* fifth = block + 16;
  const uint8_t* pairs = block + 48;
  for (int k = 0; k < 8; ++k) {
    const ScaleAndMinimum s = unpack_scale(block + 4, k);
    const float scale = d * s.scale;
    const float minimum = m * s.minimum;
    const int shift = k % 2 * 4;
    for (int i = 0; i < 32; ++i) {
      const int q = (pairs[k / 2 * 32 + i] >> shift & 15) | (fifth[i] >> k & 1) << 4;
      out[32 * k + i] = scale * q - minimum;
    }
  }
}

void q6_k(const uint8_t* block, float* out) {
  const float d = read_half(block + 208);
  for (int half = 0; half < 2; ++half) {
    const uint8_t* low = block + 64 * half;
    const uint8_t* high = block + 128 + 32 * half;
    const uint8_t* scales = block + 192 + 8 * half;
    for (int part = 0; part < 4; ++part) {
      const uint8_t* four_bits = low + part % 2 * 32;
      for (int i = 0; i < 32; ++i) {
        const int q = (four_bits[i] >> part / 2 * 4 & 15) | (high[i] >> 2 * part & 3) << 4;
        const float scale = d * static_cast<int8_t>(scales[2 * part + i / 16]);
        out[kLarge / 2 * half + 32 * part + i] = scale * (q - 32);
      }
    }
  }
}

template <class Block>
void for_each_block(DType dtype, std::span<const std::byte> blocks, float* out, Block block) {
  const auto bytes = static_cast<size_t>(bits(dtype)) / 8;
  const auto elements = static_cast<size_t>(block_elements(dtype));
  const auto* data = reinterpret_cast<const uint8_t*>(blocks.data());
  for (size_t i = 0; i < blocks.size() / bytes; ++i) block(data + i * bytes, out + i * elements);
}

}  // namespace

float half_to_float(uint16_t half) {
  const uint32_t sign = uint32_t{half & 0x8000u} << 16;
  const uint32_t magnitude = half & 0x7fffu;
  if (magnitude >= 0x7c00)  // infinite, or no number
    return std::bit_cast<float>(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
  const float value = magnitude < 0x400
                          ? static_cast<float>(magnitude) * 0x1p-24F  // subnormal
                          : std::bit_cast<float>((magnitude << 13) + (uint32_t{127 - 15} << 23));
  return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(value));
}

void dequantize(DType dtype, std::span<const std::byte> blocks, std::span<float> out) {
  const auto apply = [&](auto block) { for_each_block(dtype, blocks, out.data(), block); };
  switch (dtype) {
    case DType::kQ80: return apply(q8_0);
    case DType::kQ40: return apply(q4_0);
    case DType::kQ41: return apply(q4_1);
    case DType::kQ50: return apply(q5_0);
    case DType::kQ51: return apply(q5_1);
    case DType::kQ4K: return apply(q4_k);
    case DType::kQ5K: return apply(q5_k);
    case DType::kQ6K: return apply(q6_k);
    default: break;
  }
  throw Error(ErrorKind::kInternal, "[dequantize] no blocks of type " + std::string(name(dtype)));
}

}  // namespace lienzo::weights
