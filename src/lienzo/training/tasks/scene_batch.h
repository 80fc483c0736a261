#pragma once

#include "lienzo/tensor/layered_map.h"
#include "lienzo/training/task.h"

namespace lienzo::training {

/// Appends a scene map to a batch, and reads it back starting at tensor `at`.
void append_map(Batch& batch, const tensor::LayeredMap& map);
tensor::LayeredMap map_at(const Batch& batch, size_t at);

/// `map` with its tensors on `device`.
tensor::LayeredMap to(const tensor::LayeredMap& map, const torch::Device& device);

/// Number of tensors that append_map adds.
inline constexpr size_t kMapTensors = 6;

}  // namespace lienzo::training
