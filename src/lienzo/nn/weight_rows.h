#pragma once

#include <cstdint>

namespace lienzo::nn {

enum class WeightType { kFloat, kHalf, kBFloat16 };

/// The weights of a layer as files have them, where they lie: the numbers of one output in a row,
/// one output behind the other.
struct WeightRows {
  const void* numbers = nullptr;
  WeightType type = WeightType::kFloat;
  int64_t length = 0;  // numbers of an output
};

}  // namespace lienzo::nn
