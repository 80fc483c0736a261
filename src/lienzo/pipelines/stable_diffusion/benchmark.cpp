#include "lienzo/pipelines/stable_diffusion/benchmark.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <torch/types.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "lienzo/base/error.h"
#include "lienzo/models/operation_count.h"
#include "lienzo/nn/prepare.h"
#include "lienzo/nn/skip_init.h"
#include "lienzo/pipelines/stable_diffusion/memory.h"
#include "lienzo/tensor/device.h"
#include "lienzo/tensor/dtype.h"
#include "lienzo/tensor/threads.h"

namespace lienzo::pipelines {
namespace {

using Clock = std::chrono::steady_clock;

// Waits for a GPU, which works on while the program does.
void finish(const torch::Tensor& result) {
  if (!result.is_cpu()) result.flatten()[0].to(torch::kCPU);
}

template <typename Work>
double best_seconds(int rounds, Work work) {
  double best = std::numeric_limits<double>::infinity();
  finish(work());  // the first round allocates
  for (int i = 0; i < rounds; ++i) {
    const auto start = Clock::now();
    finish(work());
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

template <typename Module, typename Config>
Module random_network(const Config& config, const torch::Device& device, torch::ScalarType dtype) {
  const nn::SkipInit numbers_follow;
  Module module(config);
  for (torch::Tensor& parameter : module->parameters()) {
    const double fan_in =
        parameter.dim() > 1 ? static_cast<double>(parameter.numel() / parameter.size(0)) : 16;
    const double bound = 1 / std::sqrt(fan_in);
    parameter.set_requires_grad(false).uniform_(-bound, bound);
  }
  if (!device.is_cpu()) module->to(device, dtype);
  nn::prepare_for_inference(*module, dtype);
  return module;
}

uint64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace

double convolution_ceiling(const std::string& dtype, const std::string& device) {
  const c10::InferenceMode inference;
  const auto options = torch::TensorOptions(tensor::parse_device(device));
  const auto prepared = [&](c10::IntArrayRef shape) {
    return torch::randn(shape, options)
        .to(tensor::parse_dtype(dtype))
        .contiguous(torch::MemoryFormat::ChannelsLast);
  };
  const torch::Tensor x = prepared({2, 320, 64, 64}), w = prepared({320, 320, 3, 3});
  const double seconds = best_seconds(8, [&] { return torch::conv2d(x, w, {}, 1, 1); });
  return 2.0 * 2 * 9 * 320 * 320 * 64 * 64 / seconds;
}

double matrix_ceiling(const std::string& dtype, const std::string& device) {
  const c10::InferenceMode inference;
  const auto options = torch::TensorOptions(tensor::parse_device(device));
  const auto type = tensor::parse_dtype(dtype);
  const torch::Tensor x = torch::randn({4096, 1280}, options).to(type);
  const torch::Tensor w = torch::randn({1280, 1280}, options).to(type);
  const double seconds = best_seconds(8, [&] { return torch::linear(x, w); });
  return 2.0 * 4096 * 1280 * 1280 / seconds;
}

BenchmarkResult benchmark(const BenchmarkOptions& options, const ProgressSink& progress) {
  if (options.size < 64 || options.size > 4096 || options.size % 8 != 0) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[bench] the size is {}, expected a multiple of 8 from 64 to 4096",
                            options.size));
  }
  if (options.rounds < 1 || options.rounds > 100) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[bench] {} rounds, expected 1 to 100", options.rounds));
  }
  const torch::Device device = tensor::parse_device(options.device);
  const torch::ScalarType dtype =
      options.dtype.empty() ? tensor::fast_dtype(device) : tensor::parse_dtype(options.dtype);
  constexpr uint64_t kParameters = 1'066'000'000;
  const uint64_t weight_bytes = kParameters * c10::elementSize(dtype);
  if (device.is_cpu() && weight_bytes + weight_bytes / 2 > available_memory()) {
    throw Error(ErrorKind::kOutOfMemory,
                fmt::format("[bench] Stable Diffusion 1.5 takes {} in {}, and {} is free",
                            bytes_text(weight_bytes),
                            tensor::dtype_name(dtype),
                            bytes_text(available_memory())));
  }
  int done = 0;
  const auto report = [&](const char* what) {
    if (progress) progress({.stage = "bench", .done = done++, .total = 4, .note = what});
  };
  const c10::InferenceMode inference;
  BenchmarkResult result;
  result.dtype = tensor::dtype_name(dtype);
  result.device = device.str();
  result.threads = tensor::thread_count();
  result.weight_bytes = weight_bytes;
  report("ceiling");
  result.convolution_ceiling = convolution_ceiling(result.dtype, result.device);
  result.matrix_ceiling = matrix_ceiling(result.dtype, result.device);
  const auto part = [&](const models::Operations& operations, auto work) {
    BenchmarkPart timed{.seconds = best_seconds(options.rounds, work),
                        .operations = operations.sum()};
    timed.share = (operations.convolution / result.convolution_ceiling +
                   operations.matrix / result.matrix_ceiling) /
                  timed.seconds;
    return timed;
  };
  const auto at = torch::TensorOptions(device);
  const int64_t side = options.size / 8;
  {
    report("text encoder");
    models::ClipTextConfig config;
    config.hidden_size = 768;
    config.intermediate_size = 3072;
    config.num_attention_heads = 12;
    auto text = random_network<models::ClipTextModel>(config, device, dtype);
    const torch::Tensor ids = torch::full({1, 77}, 49407, at.dtype(torch::kLong));
    result.text = part(models::count_operations(config),
                       [&] { return text(ids, 0, /*normed=*/true).hidden; });
  }
  {
    report("U-Net");
    models::UNet2DConditionConfig config;
    config.cross_attention_dim = 768;
    auto unet = random_network<models::UNet2DCondition>(config, device, dtype);
    const torch::Tensor x = torch::randn({2, 4, side, side}, at).to(dtype);
    const torch::Tensor context = torch::randn({2, 77, 768}, at).to(dtype);
    const torch::Tensor time = torch::full({2}, 500.0, at);
    result.step = part(models::count_operations(config, 2, side, side),
                       [&] { return unet(x, time, models::UNetConditioning{.context = context}); });
  }
  {
    report("autoencoder");
    models::AutoencoderKlConfig config;
    config.block_out_channels = {128, 256, 512, 512};
    config.layers_per_block = 2;
    auto autoencoder = random_network<models::AutoencoderKl>(config, device, dtype);
    const torch::Tensor z = torch::randn({1, 4, side, side}, at).to(dtype);
    result.decode =
        part(models::count_decoding(config, side, side), [&] { return autoencoder->decode(z); });
  }
  result.peak_bytes = peak_memory();
  return result;
}

}  // namespace lienzo::pipelines
