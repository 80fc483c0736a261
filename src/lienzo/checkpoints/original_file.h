#pragma once

#include <memory>

#include "lienzo/checkpoints/checkpoint.h"
#include "lienzo/weights/tensor_file.h"

namespace lienzo::checkpoints {

/// `model` as one file in the original layout, put together when it is read. Throws kUnsupported
/// for a text encoder or a tiny autoencoder alone, which have none.
std::unique_ptr<weights::TensorFile> as_original_file(const Checkpoint& model);

}  // namespace lienzo::checkpoints
