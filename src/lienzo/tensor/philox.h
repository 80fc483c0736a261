#pragma once

#include <cstdint>
#include <span>

namespace lienzo::tensor {

/// The `call`-th block (from 0) of out.size() normal numbers that torch.randn draws on a CUDA
/// device after manual_seed(seed), as long as the block is no larger than the launch grid (hundreds
/// of thousands of numbers): Philox 4x32-10, Salmon et al. 2011, "Parallel random numbers: as easy
/// as 1, 2, 3", and the Box-Muller transform of curand. The rounding is that of the emulation in
/// AUTOMATIC1111 modules/rng_philox.py.
void philox_normal(uint64_t seed, uint32_t call, std::span<float> out);

}  // namespace lienzo::tensor
