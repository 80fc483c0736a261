#pragma once

#include <torch/types.h>

namespace lienzo::nn {

/// Memory for the weights of networks, (bytes) of kByte, zeros, at a multiple of 64. It comes from
/// large mappings for which the system may take huge pages: filling gigabytes then costs hundreds
/// of faults in place of a million, and no holes are left between what the heap allocates and frees
/// meanwhile. A tensor that goes gives its pages back. Throws kOutOfMemory.
torch::Tensor weight_memory(int64_t bytes);

}  // namespace lienzo::nn
