#include <benchmark/benchmark.h>
#include <torch/types.h>

#include "ceiling.h"
#include "lienzo/datasets/world/layout.h"
#include "lienzo/datasets/world/scene_map.h"
#include "lienzo/models/denoiser.h"
#include "lienzo/pipelines/embedded_model.h"

namespace lienzo {
namespace {

namespace world = datasets::world;

// Operations of the denoiser's convolutions for one 64 x 64 picture, counted from its
// configuration.
double denoiser_operations(const models::DenoiserConfig& c, double size) {
  double cells = size / static_cast<double>(c.patch) * size / static_cast<double>(c.patch), sum = 0;
  for (size_t level = 0; level < c.widths.size(); ++level, cells /= 4) {
    const auto w = static_cast<double>(c.widths[level]),
               blocks = static_cast<double>(c.blocks[level]);
    sum += blocks * 2 * 18 * w * w * cells;
    if (level + 1 == c.widths.size()) continue;
    const auto next = static_cast<double>(c.widths[level + 1]);
    sum += (blocks * 2 * 18 * w * w + 18 * w * w + 2 * 2 * w * w) *
           cells;  // the way up; its first block is twice as wide
    sum += 18 * w * next * cells / 4 + 18 * next * w * cells;  // shrink, grow
  }
  const auto scene = static_cast<double>(c.scene_encoder.channels + 1),
             head = static_cast<double>(c.head);
  return sum + 18 * (16 + scene + 3) * head * size * size + 18 * head * 3 * size * size;
}

struct Setup {
  models::DenoiserConfig config;
  models::Denoiser denoiser{config};
  world::Scene scene = world::sample_example(1, 2, world::Split::kTraining).scene;
  std::vector<world::Scene> scenes;
  explicit Setup(int64_t batch) : scenes(static_cast<size_t>(batch), scene) {}
};

void denoiser_step(benchmark::State& state) {
  const int64_t batch = state.range(0);
  Setup setup(batch);
  const c10::InferenceMode inference;
  const auto map = world::make_scene_map(setup.scenes, 64);
  const models::Conditioning conditioning{.scene = &map,
                                          .scene_features = setup.denoiser->encode_scene(map)};
  const auto x = torch::randn({batch, 3, 64, 64}), time = torch::full({batch}, 0.5);
  for (auto _ : state) benchmark::DoNotOptimize(setup.denoiser(x, time, conditioning));
  const double done =
      denoiser_operations(setup.config, 64) * static_cast<double>(batch * state.iterations());
  state.counters["share_of_ceiling"] =
      benchmark::Counter(done / bench::convolution_ceiling(), benchmark::Counter::kIsRate);
}
BENCHMARK(denoiser_step)->Arg(1)->Arg(8)->Unit(benchmark::kMillisecond)->UseRealTime();

void training_step(benchmark::State& state) {
  constexpr int64_t kBatch = 32;
  Setup setup(kBatch);
  const auto map = world::make_scene_map(setup.scenes, 64);
  const models::Conditioning conditioning{.scene = &map};
  const auto x = torch::randn({kBatch, 3, 64, 64}), time = torch::full({kBatch}, 0.5);
  for (auto _ : state) {
    setup.denoiser->zero_grad();
    setup.denoiser(x, time, conditioning).square().mean().backward();
  }
  // Backward costs twice the forward pass.
  const double done =
      3 * denoiser_operations(setup.config, 64) * static_cast<double>(kBatch * state.iterations());
  state.counters["share_of_ceiling"] =
      benchmark::Counter(done / bench::convolution_ceiling(), benchmark::Counter::kIsRate);
  state.counters["pictures_per_second"] = benchmark::Counter(
      static_cast<double>(kBatch * state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(training_step)->Unit(benchmark::kMillisecond)->UseRealTime()->MinTime(3);

void load_model(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(pipelines::EmbeddedModel::load(LIENZO_SOURCE_DIR "/models/mini"));
}
BENCHMARK(load_model)->Unit(benchmark::kMillisecond)->UseRealTime();

void imagine(benchmark::State& state) {
  auto model = pipelines::EmbeddedModel::load(LIENZO_SOURCE_DIR "/models/mini");
  pipelines::ImagineRequest request;
  request.prompt = "un cubo rojo encima de un cubo azul";
  for (auto _ : state) {
    benchmark::DoNotOptimize(model.imagine(request));
    ++request.seed;
  }
}
BENCHMARK(imagine)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace lienzo
