#pragma once

#include <vector>

#include "lienzo/checkpoints/family.h"
#include "lienzo/checkpoints/part.h"
#include "lienzo/weights/tensor_index.h"

namespace lienzo::checkpoints {

struct Recognised {
  Family family = Family::kUnknown;
  std::vector<FoundPart> parts;  // the U-Net first, where there is one
};

/// Tells from names and shapes what a file is; its name says nothing. Widths play no part: SD 2 is
/// told from SD 1 by the linear layers around its transformers, SDXL by its extra embedding and a
/// first level without attention, the refiner by its fourth level. The prefixes are those of
/// huggingface/diffusers v0.30.3, loaders/single_file_utils.py.
Recognised recognise(const weights::TensorIndex& index);

}  // namespace lienzo::checkpoints
