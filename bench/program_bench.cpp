#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace lienzo {
namespace {

// The whole program, from the start of the process until the PNG is written. The argument is how
// many pictures it draws: what the first costs and what each further one adds.
void program(benchmark::State& state) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("lienzo-bench-{}", getpid());
  std::filesystem::create_directories(folder);
  const std::string command = fmt::format(
      "{} imagine 'un cubo rojo encima de un cubo azul' --model {} --seed 1 -q -n {} -o {}/ "
      ">/dev/null",
      LIENZO_PROGRAM,
      LIENZO_SOURCE_DIR "/models/mini",
      state.range(0),
      folder.string());
  for (auto _ : state) {
    if (std::system(command.c_str()) != 0) state.SkipWithError("the program failed");
    state.PauseTiming();
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      std::filesystem::remove(entry.path());
    state.ResumeTiming();
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(program)->Arg(1)->Arg(5)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace lienzo
