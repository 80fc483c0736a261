// What a pass of the U-Net, decoding and encoding take beside the weights, against what memory.h
// says: the peak of this process less what it held before. Stable Diffusion 1.5 and XL's U-Net with
// random weights; the argument is the side of the picture in pixels.
#include <benchmark/benchmark.h>
#include <torch/types.h>

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>

#include "lienzo/nn/prepare.h"
#include "lienzo/nn/skip_init.h"
#include "lienzo/pipelines/stable_diffusion/hollow_model.h"
#include "lienzo/pipelines/stable_diffusion/memory.h"

namespace lienzo {
namespace {

// A field of /proc/self/status in bytes; proc(5).
double status(const std::string& key) {
  std::ifstream file("/proc/self/status");
  std::string name, unit;
  double kilobytes = 0;
  while (file >> name) {
    if (name == key + ":" && file >> kilobytes) return kilobytes * 1024;
    std::getline(file, unit);
  }
  return 0;
}

template <typename Module, typename Config>
Module& network(const Config& config, torch::ScalarType type) {
  static Module module{nullptr};
  static torch::ScalarType made = torch::kDouble;
  if (made == type) return module;
  made = type;
  const nn::SkipInit numbers_follow;
  module = Module(config);
  for (torch::Tensor& parameter : module->parameters())
    parameter.set_requires_grad(false).uniform_(-0.02, 0.02);
  nn::prepare_for_inference(*module, type);
  return module;
}

template <typename Work>
void measure(benchmark::State& state, uint64_t estimate, const Work& work) {
  for (auto _ : state) {
    work();  // what the first call leaves behind is no part of it
    pipelines::return_freed_memory();
    const double before = status("VmRSS");
    std::ofstream("/proc/self/clear_refs") << "5";  // VmHWM begins anew
    work();
    const double need = status("VmHWM") - before;
    state.counters["need_MB"] = need * 1e-6;
    state.counters["estimate_MB"] = static_cast<double>(estimate) * 1e-6;
    state.counters["ratio"] = static_cast<double>(estimate) / need;
  }
}

torch::ScalarType type_of(int64_t argument) {
  return argument == 0 ? torch::kFloat : torch::kBFloat16;
}

void unet_memory(benchmark::State& state) {
  const c10::InferenceMode inference;
  const torch::ScalarType type = type_of(state.range(1));
  const int64_t side = state.range(0) / 8, rows = state.range(2);
  auto& unet = network<models::UNet2DCondition>(pipelines::sd15_unet(), type);
  const torch::Tensor x = torch::randn({rows, 4, side, side}).to(type),
                      context = torch::randn({rows, 77, 768}).to(type),
                      time = torch::full({rows}, 500.0);
  measure(state,
          pipelines::unet_pass_bytes(
              unet->config(), rows, side, side, static_cast<int64_t>(c10::elementSize(type))),
          [&] { unet(x, time, models::UNetConditioning{.context = context}); });
}

void decoding_memory(benchmark::State& state) {
  const c10::InferenceMode inference;
  const torch::ScalarType type = type_of(state.range(1));
  const int64_t side = state.range(0);
  auto& autoencoder = network<models::AutoencoderKl>(pipelines::sd15_autoencoder(), type);
  const torch::Tensor z = torch::randn({1, 4, side / 8, side / 8}).to(type);
  measure(state,
          pipelines::autoencoder_bytes(
              autoencoder->config(), side, side, static_cast<int64_t>(c10::elementSize(type))),
          [&] { autoencoder->decode(z); });
}

void encoding_memory(benchmark::State& state) {
  const c10::InferenceMode inference;
  const torch::ScalarType type = type_of(state.range(1));
  const int64_t side = state.range(0);
  auto& autoencoder = network<models::AutoencoderKl>(pipelines::sd15_autoencoder(), type);
  const torch::Tensor x = torch::randn({1, 3, side, side}).to(type);
  measure(state,
          pipelines::autoencoder_bytes(
              autoencoder->config(), side, side, static_cast<int64_t>(c10::elementSize(type))),
          [&] { autoencoder->encode(x); });
}

// Side of the picture; 0: fp32, 1: bf16; rows of the U-Net.
BENCHMARK(unet_memory)
    ->ArgsProduct({{256, 384, 512, 768, 1024}, {0}, {1, 2}})
    ->Iterations(1)
    ->Unit(benchmark::kSecond);
BENCHMARK(decoding_memory)
    ->ArgsProduct({{256, 384, 512, 768, 1024}, {0}})
    ->Iterations(1)
    ->Unit(benchmark::kSecond);
BENCHMARK(encoding_memory)
    ->ArgsProduct({{256, 512, 1024}, {0}})
    ->Iterations(1)
    ->Unit(benchmark::kSecond);
BENCHMARK(unet_memory)
    ->ArgsProduct({{256, 512}, {1}, {2}})
    ->Iterations(1)
    ->Unit(benchmark::kSecond);
BENCHMARK(decoding_memory)->ArgsProduct({{256, 512}, {1}})->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace lienzo
