#include <benchmark/benchmark.h>

#include "lienzo/datasets/world/captions.h"
#include "lienzo/datasets/world/layout.h"
#include "lienzo/datasets/world/renderer.h"
#include "lienzo/datasets/world/scene_map.h"

namespace lienzo::datasets::world {
namespace {

void sample_scenes(benchmark::State& state) {
  uint64_t index = 0;
  for (auto _ : state) benchmark::DoNotOptimize(sample_example(1, index++, Split::kTraining));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(sample_scenes)->ThreadRange(1, 2)->UseRealTime();

void write_captions(benchmark::State& state) {
  const Example example = sample_example(1, 2, Split::kTraining);
  Random random(1);
  for (auto _ : state) benchmark::DoNotOptimize(describe(example.spec, Language::kSpanish, random));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(write_captions);

// Scenes per second, arg: pixels.
void render_scenes(benchmark::State& state) {
  uint64_t index = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const Scene scene = sample_example(1, index++ % 256, Split::kTraining).scene;
    state.ResumeTiming();
    benchmark::DoNotOptimize(render(scene, static_cast<int>(state.range(0))));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(render_scenes)->Arg(64)->Arg(256)->ThreadRange(1, 2)->UseRealTime();

void map_scenes(benchmark::State& state) {
  const Scene scene = sample_example(1, 2, Split::kTraining).scene;
  for (auto _ : state)
    benchmark::DoNotOptimize(
        make_scene_map(std::span(&scene, 1), static_cast<int>(state.range(0))));
}
BENCHMARK(map_scenes)->Arg(64)->Arg(256);

}  // namespace
}  // namespace lienzo::datasets::world
