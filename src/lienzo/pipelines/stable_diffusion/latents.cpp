#include "lienzo/pipelines/stable_diffusion/latents.h"

#include <torch/types.h>

#include <algorithm>

#include "lienzo/models/tiling.h"
#include "lienzo/pipelines/stable_diffusion/memory.h"

namespace lienzo::pipelines {
namespace {

bool wants_tiles(const AutoencoderPart& part, int64_t height, int64_t width) {
  if (part.tiles != TileMode::kAuto) return part.tiles == TileMode::kAlways;
  if (!part.device.is_cpu()) return false;
  const auto size = static_cast<int64_t>(c10::elementSize(part.dtype));
  return autoencoder_bytes(part.model->config(), height, width, size) > available_memory();
}

// What fits into one piece is not cut.
bool in_tiles(AutoencoderPart& part, int64_t height, int64_t width) {
  if (std::max(height, width) <= part.tile || !wants_tiles(part, height, width)) return false;
  part.cut = true;
  return true;
}

// Mean and log-variance of one picture, (1, 2 C, h, w), fp32.
torch::Tensor moments(AutoencoderPart& part, const torch::Tensor& x) {
  const auto encode = [&](const torch::Tensor& piece) {
    const auto posterior = part.model->encode(piece);
    return torch::cat({posterior.mean, posterior.logvar}, 1);
  };
  const torch::Tensor input = x.to(part.device, part.dtype);
  const int64_t factor = part.model->config().factor();
  const torch::Tensor result =
      in_tiles(part, x.size(2), x.size(3))
          ? models::run_tiled(input, {.in_tile = part.tile, .out_tile = part.tile / factor}, encode)
          : encode(input);
  return result.to(torch::kCPU, torch::kFloat);
}

torch::Tensor scaled(const AutoencoderPart& part, const torch::Tensor& z) {
  const auto& config = part.model->config();
  return (z - config.shift_factor) * config.scaling_factor;
}

// Row by row, so that a picture does not depend on the others.
template <typename One>
torch::Tensor each_row(const torch::Tensor& x, One one) {
  std::vector<torch::Tensor> rows;
  for (int64_t b = 0; b < x.size(0); ++b) rows.push_back(one(x.slice(0, b, b + 1)));
  return torch::cat(rows);
}

}  // namespace

torch::Tensor encode_latents(AutoencoderPart& part,
                             const torch::Tensor& x,
                             tensor::NoiseSource& noise) {
  const torch::Tensor both =
      each_row(x, [&](const torch::Tensor& row) { return moments(part, row); });
  const std::vector<torch::Tensor> halves = both.chunk(2, 1);
  const torch::Tensor deviation = torch::exp(0.5 * halves[1]);
  return scaled(part, halves[0] + deviation * noise.normal_like(halves[0]));
}

torch::Tensor encode_mean(AutoencoderPart& part, const torch::Tensor& x) {
  return scaled(part, each_row(x, [&](const torch::Tensor& row) {
                  return moments(part, row).chunk(2, 1)[0];
                }));
}

torch::Tensor decode_latents(AutoencoderPart& part, const torch::Tensor& latents) {
  const auto& config = part.model->config();
  const int64_t factor = config.factor();
  const auto decode = [&](const torch::Tensor& piece) { return part.model->decode(piece); };
  return each_row(latents, [&](const torch::Tensor& row) {
    const torch::Tensor z =
        (row / config.scaling_factor + config.shift_factor).to(part.device, part.dtype);
    const torch::Tensor picture =
        in_tiles(part, row.size(2) * factor, row.size(3) * factor)
            ? models::run_tiled(z, {.in_tile = part.tile / factor, .out_tile = part.tile}, decode)
            : decode(z);
    return picture.to(torch::kCPU, torch::kFloat);
  });
}

torch::Tensor rough_picture(const torch::Tensor& latents, bool xl) {
  // Comfy-Org/ComfyUI, comfy/latent_formats.py: red, green and blue of each latent channel.
  const torch::Tensor map = xl ? torch::tensor({{0.3920, 0.4054, 0.4549},
                                                {-0.2634, -0.0196, 0.0653},
                                                {0.0568, 0.1687, -0.0755},
                                                {-0.3112, -0.2359, -0.2076}})
                               : torch::tensor({{0.3512, 0.2297, 0.3227},
                                                {0.3250, 0.4974, 0.2350},
                                                {-0.2829, 0.1762, 0.2721},
                                                {-0.2120, -0.2616, -0.7177}});
  return torch::einsum("bchw,cr->brhw",
                       {latents.to(torch::kCPU, torch::kFloat), map.to(torch::kFloat)});
}

}  // namespace lienzo::pipelines
