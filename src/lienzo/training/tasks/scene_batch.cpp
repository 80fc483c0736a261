#include "lienzo/training/tasks/scene_batch.h"

#include <torch/types.h>

namespace lienzo::training {

void append_map(Batch& batch, const tensor::LayeredMap& map) {
  std::vector<int64_t> shape = {map.resolution};
  shape.insert(shape.end(), map.level_sizes.begin(), map.level_sizes.end());
  batch.insert(batch.end(),
               {torch::tensor(shape, torch::kLong),
                map.pixels,
                map.thing,
                map.local,
                map.attributes,
                map.backdrop});
}

tensor::LayeredMap map_at(const Batch& batch, size_t at) {
  tensor::LayeredMap map;
  const torch::Tensor shape = batch.at(at).to(torch::kCPU);
  const auto* values = shape.data_ptr<int64_t>();
  map.resolution = values[0];
  map.level_sizes.assign(values + 1, values + shape.numel());
  map.pixels = batch.at(at + 1);
  map.thing = batch.at(at + 2);
  map.local = batch.at(at + 3);
  map.attributes = batch.at(at + 4);
  map.backdrop = batch.at(at + 5);
  map.batch = map.backdrop.size(0);
  return map;
}

tensor::LayeredMap to(const tensor::LayeredMap& map, const torch::Device& device) {
  tensor::LayeredMap moved = map;
  for (torch::Tensor* part :
       {&moved.pixels, &moved.thing, &moved.local, &moved.attributes, &moved.backdrop})
    *part = part->to(device);
  return moved;
}

}  // namespace lienzo::training
