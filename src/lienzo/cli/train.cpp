#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>

#include "lienzo/cli/command.h"
#include "lienzo/cli/console.h"
#include "lienzo/cli/exit_code.h"
#include "lienzo/cli/interrupt.h"
#include "lienzo/training/run.h"

namespace lienzo::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  lienzo train recipes/mini-decoder.toml          draws scenes of the small world\n"
    "  lienzo train recipes/mini-decoder.toml --resume goes on after a stop\n"
    "Ctrl-C saves and stops; a second Ctrl-C kills. The results (metrics.csv, samples/, events/ for TensorBoard,\n"
    "checkpoints/, model/) are in the output folder, runs/NAME unless the recipe says otherwise.";

struct TrainOptions {
  std::filesystem::path source;
  std::filesystem::path output;
  std::optional<int64_t> steps;
  bool resume = false;
  bool quiet = false;
};

int train(const TrainOptions& options) {
  show_log(options.quiet);
  const std::atomic<bool>& interrupted =
      catch_interrupts("\nlienzo: saving and stopping; Ctrl-C again to stop at once\n");
  ProgressBar bar(options.quiet);
  training::TrainHooks hooks;
  hooks.progress = bar.sink();
  hooks.stop = &interrupted;
  training::RunOptions run;
  run.steps = options.steps;
  run.resume = options.resume;
  if (!options.output.empty()) run.output = options.output;

  const training::TrainResult result = training::run_recipe(options.source, run, hooks);
  bar.clear();
  if (result.stopped) {
    say(fmt::format("stopped after step {}; the same command with --resume goes on from there", result.step));
    return interrupted ? kExitCancelled : kExitOk;
  }
  if (!options.quiet) {
    say(fmt::format("trained {} steps in {}", result.step, format_seconds(result.elapsed_seconds)));
    for (const auto& [name, value] : result.validation) say(fmt::format("  {} {:.4g}", name, value));
  }
  print(fmt::format("{}\n", result.model.string()));
  return kExitOk;
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("train", "Train a network from a recipe");
  command->footer(kExamples);
  auto options = std::make_shared<TrainOptions>();
  command->add_option("RECIPE", options->source, "A recipe (.toml)")->type_name("FILE")->required();
  command->add_option("--output", options->output, "Folder of the results, instead of the recipe's")->type_name("DIR");
  command->add_option("--steps", options->steps, "Steps of the whole training, instead of the recipe's")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_flag("--resume", options->resume, "Go on after the newest checkpoint");
  command->add_flag("-q,--quiet", options->quiet, "Say nothing but warnings and errors");
  command->callback([&action, options] { action = [options] { return train(*options); }; });
}

}  // namespace lienzo::cli
