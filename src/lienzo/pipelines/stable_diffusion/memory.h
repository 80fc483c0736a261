#pragma once

#include <cstdint>
#include <string>

#include "lienzo/models/autoencoder_kl.h"
#include "lienzo/models/unet_2d_condition.h"

/// What a picture will take, so that what cannot fit is refused before any work, and what fits only
/// in pieces is done in pieces. Bytes throughout; the factors were measured
/// (bench/memory_bench.cpp, docs/performance.md).
namespace lienzo::pipelines {

/// One forward pass of the U-Net over `rows` latents of h x w, beside its weights.
uint64_t unet_pass_bytes(const models::UNet2DConditionConfig& config,
                         int64_t rows,
                         int64_t height,
                         int64_t width,
                         int64_t element_size);

/// Decoding or encoding one picture of h x w pixels in one piece.
uint64_t autoencoder_bytes(const models::AutoencoderKlConfig& config,
                           int64_t height,
                           int64_t width,
                           int64_t element_size);

/// What this process may still allocate on the CPU: the smaller of what the system says is
/// available (proc(5), MemAvailable) and what is left of its control group's limit.
uint64_t available_memory();

/// Gives what was freed and kept for later back to the system: between phases that need memory of
/// different sizes, it would be held beside the next one's. Takes milliseconds.
void return_freed_memory();

/// "3.2 GB".
std::string bytes_text(uint64_t bytes);

}  // namespace lienzo::pipelines
