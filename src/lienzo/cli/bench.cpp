#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>

#include "lienzo/base/version.h"
#include "lienzo/cli/command.h"
#include "lienzo/cli/console.h"
#include "lienzo/cli/exit_code.h"
#include "lienzo/pipelines/stable_diffusion/benchmark.h"
#include "lienzo/tensor/threads.h"

namespace lienzo::cli {
namespace {

constexpr const char* kBenchExamples =
    "Examples:\n"
    "  lienzo bench\n"
    "  lienzo bench --dtype fp32 --size 768 --json\n"
    "Stable Diffusion 1.5 with random weights, which take as long as real ones; nothing is "
    "downloaded.\n"
    "For figures worth comparing, let nothing else run.";

struct BenchOptions {
  pipelines::BenchmarkOptions benchmark;
  std::string dtype, device;
  int threads = 0;
  bool json = false;
};

// As the kernel names the processor; proc(5), cpuinfo.
std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown processor";
}

int run(const BenchOptions& options) {
  show_log(/*quiet=*/false);
  tensor::set_threads(options.threads);
  pipelines::BenchmarkOptions wanted = options.benchmark;
  wanted.dtype = options.dtype;
  if (!options.device.empty()) wanted.device = options.device;
  ProgressBar bar(options.json);
  const pipelines::BenchmarkResult result = pipelines::benchmark(wanted, bar.sink());
  bar.clear();
  const auto as_json = [](const pipelines::BenchmarkPart& part) {
    return Json{{"seconds", part.seconds},
                {"operations", part.operations},
                {"share_of_ceiling", part.share}};
  };
  if (options.json) {
    print_json({{"version", lienzo::version()},
                {"processor", processor_name()},
                {"device", result.device},
                {"dtype", result.dtype},
                {"threads", result.threads},
                {"size", wanted.size},
                {"convolution_ceiling", result.convolution_ceiling},
                {"matrix_ceiling", result.matrix_ceiling},
                {"text", as_json(result.text)},
                {"step", as_json(result.step)},
                {"decode", as_json(result.decode)},
                {"start",
                 {{"program", result.start.program},
                  {"load", result.start.load},
                  {"words", result.start.words},
                  {"until_first_step", result.start.until_step()},
                  {"first_step", result.start.step}}},
                {"weight_bytes", result.weight_bytes},
                {"peak_bytes", result.peak_bytes}});
    return kExitOk;
  }
  print(fmt::format("lienzo {}, {}, {} threads, {} on {}\n",
                    lienzo::version(),
                    processor_name(),
                    result.threads,
                    result.dtype,
                    result.device));
  print(fmt::format("ceiling: convolution {:.0f} GFLOP/s, matrix product {:.0f} GFLOP/s\n\n",
                    result.convolution_ceiling * 1e-9,
                    result.matrix_ceiling * 1e-9));
  print(
      fmt::format("| Stable Diffusion 1.5, {0}x{0} | time | work | share of the ceiling |\n"
                  "|---|---|---|---|\n",
                  wanted.size));
  const auto row = [](const char* name, const pipelines::BenchmarkPart& part) {
    print(fmt::format("| {} | {} | {:.3f} TFLOP | {:.0f} % |\n",
                      name,
                      format_seconds(part.seconds),
                      part.operations * 1e-12,
                      100 * part.share));
  };
  row("text encoder", result.text);
  row("one step with guidance", result.step);
  row("autoencoder, decoding", result.decode);
  print(
      fmt::format("| from file to first step | {} | | |\n"
                  "| from file to its end | {} | | |\n",
                  format_seconds(result.start.until_step()),
                  format_seconds(result.start.until_step() + result.start.step)));
  print(fmt::format(
      "\nfrom file to first step: program {}, loading {}, words {}; an fp16 file in the "
      "system's cache\n",
      format_seconds(result.start.program),
      format_seconds(result.start.load),
      format_seconds(result.start.words)));
  print(fmt::format("weights {:.2f} GB, peak of the process {:.2f} GB\n",
                    static_cast<double>(result.weight_bytes) * 1e-9,
                    static_cast<double>(result.peak_bytes) * 1e-9));
  return kExitOk;
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("bench", "Measure how fast this machine draws");
  command->footer(kBenchExamples);
  auto options = std::make_shared<BenchOptions>();
  add_choice(*command,
             "--dtype",
             options->dtype,
             {"bf16", "fp32", "fp16"},
             "Type of numbers [bf16 where the processor has it, else fp32; fp16 on a GPU]");
  command->add_option("--device", options->device, "cpu, cuda, cuda:1 ... [auto]")
      ->type_name("NAME");
  limit(command->add_option("--size", options->benchmark.size, "Side of the picture, pixels [512]"),
        64,
        4096)
      ->type_name("N");
  limit(command->add_option("--rounds", options->benchmark.rounds, "Best of so many [3]"), 1, 100)
      ->type_name("N");
  limit(command->add_option("--threads", options->threads, "Processors to use [all]"), 0, 1024)
      ->type_name("N");
  command->add_flag("--json", options->json, "As JSON");
  command->callback([&action, options] { action = [options] { return run(*options); }; });
}

}  // namespace lienzo::cli
