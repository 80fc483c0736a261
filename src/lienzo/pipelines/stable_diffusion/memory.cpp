#include "lienzo/pipelines/stable_diffusion/memory.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>

namespace lienzo::pipelines {
namespace {

constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

// A file that holds one number, as those of control groups do; "max" and no file are none.
std::optional<uint64_t> number_in(const char* path) {
  std::ifstream file(path);
  uint64_t value = 0;
  return file >> value ? std::optional(value) : std::nullopt;
}

uint64_t system_available() {
  std::ifstream file("/proc/meminfo");
  std::string key, unit;
  uint64_t kilobytes = 0;
  while (file >> key >> kilobytes) {
    std::getline(file, unit);
    if (key == "MemAvailable:") return kilobytes * 1024;
  }
  return kUnlimited;
}

uint64_t group_available() {
  const auto limit = number_in("/sys/fs/cgroup/memory.max");
  const auto used = number_in("/sys/fs/cgroup/memory.current");
  if (!limit || !used) return kUnlimited;
  return *limit > *used ? *limit - *used : 0;
}

}  // namespace

uint64_t unet_pass_bytes(const models::UNet2DConditionConfig& config,
                         int64_t rows,
                         int64_t height,
                         int64_t width,
                         int64_t element_size) {
  // The skips of the way down, and at the widest place of the way up the gated layer of a
  // transformer, eight times as wide as the level, with what it is made from.
  const auto& widths = config.block_out_channels;
  int64_t skips = 0, widest = 0, cells = height * width;
  for (size_t level = 0; level < widths.size(); ++level, cells = (cells + 3) / 4) {
    skips += (config.layers_per_block + 1) * widths[level] * cells;
    const int64_t held = config.cross_attention_levels[level] ? 16 : 6;
    widest = std::max(widest, held * widths[level] * cells);
  }
  constexpr int64_t kHeap = 75'000'000;  // what the heap keeps between the layers
  return static_cast<uint64_t>(rows * (skips + widest) * element_size * 5 / 4 + kHeap);
}

uint64_t autoencoder_bytes(const models::AutoencoderKlConfig& config,
                           int64_t height,
                           int64_t width,
                           int64_t element_size) {
  // The first block of the last level holds what the one before hands it, of twice its width, and
  // what it makes; numbers of two bytes may lack the layers that work in strips (norm_conv2d.h) and
  // then hold the norm of its input too.
  constexpr int64_t kHeap = 150'000'000;  // strips, and what the heap keeps between the layers
  const auto& widths = config.block_out_channels;
  const int64_t before = widths[std::min<size_t>(1, widths.size() - 1)];
  const int64_t held = before + widths.front() + (element_size < 4 ? before : 0);
  return static_cast<uint64_t>(height * width * held * element_size + kHeap);
}

uint64_t available_memory() { return std::min(system_available(), group_available()); }

void return_freed_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

std::string bytes_text(uint64_t bytes) {
  return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

}  // namespace lienzo::pipelines
