#pragma once

#include <cstdint>

namespace lienzo::training {

/// Where the examples come from that training never sees.
inline constexpr uint64_t kValidationSeed = 0x7A11DA7E;
/// How many of them are drawn on the sheet that a training writes.
inline constexpr int64_t kSheetPictures = 12;

}  // namespace lienzo::training
