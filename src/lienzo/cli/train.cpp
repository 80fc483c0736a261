#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>

#include "lienzo/cli/command.h"
#include "lienzo/cli/console.h"
#include "lienzo/cli/exit_code.h"
#include "lienzo/cli/interrupt.h"
#include "lienzo/image/io.h"
#include "lienzo/training/default_recipe.h"
#include "lienzo/training/preview_noise.h"
#include "lienzo/training/run.h"

namespace lienzo::cli {
namespace {

constexpr const char* kTrainExamples =
    "Examples:\n"
    "  lienzo train recipes/mini-decoder.toml           the part of the embedded model that draws\n"
    "  lienzo train recipes/mini-decoder.toml --resume  goes on after a stop\n"
    "  lienzo train my-pictures                         learns from your own pictures and "
    "captions\n"
    "Ctrl-C saves and stops; a second Ctrl-C kills. The results (metrics.csv, samples/, events/ "
    "for TensorBoard,\n"
    "checkpoints/, model/) are in the output folder, runs/NAME unless the recipe says otherwise.";

struct TrainOptions {
  std::filesystem::path source;
  std::filesystem::path output;
  std::optional<int64_t> steps;
  bool resume = false;
  bool only_export = false;
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
  run.only_export = options.only_export;
  if (!options.output.empty()) run.output = options.output;

  const bool folder = std::filesystem::is_directory(options.source);
  const training::Recipe recipe = folder ? training::default_captioned_recipe(options.source)
                                         : training::load_recipe(options.source);
  const std::filesystem::path output = options.output.empty() ? recipe.output : options.output;
  if (folder && !options.quiet) {
    say(fmt::format(
        "training on the pictures of {}; the recipe is kept as {}, to be changed and trained again",
        options.source.string(),
        (output / "recipe.toml").string()));
  }
  const training::TrainResult result = training::run_recipe(recipe, run, hooks);
  bar.clear();
  if (result.stopped) {
    say(fmt::format("stopped after step {}; the same command with --resume goes on from there",
                    result.step));
    return interrupted ? kExitCancelled : kExitOk;
  }
  if (!options.quiet && !options.only_export) {
    say(fmt::format("trained {} steps in {}", result.step, format_seconds(result.elapsed_seconds)));
    for (const auto& [name, value] : result.validation)
      say(fmt::format("  {} {:.4g}", name, value));
    if (recipe.kind == "captioned-pictures") {
      say(fmt::format("Next: lienzo imagine \"...\" --size {} --model {}",
                      recipe.task.value("size", 64),
                      result.model.string()));
    }
  }
  print(fmt::format("{}\n", result.model.string()));
  return kExitOk;
}

int preview_noise(const std::filesystem::path& picture,
                  const std::filesystem::path& strip,
                  int columns,
                  uint64_t seed) {
  image::format_of(strip);
  image::write_image(strip, training::preview_noise(image::read_image(picture), columns, seed));
  print(strip.string() + "\n");
  return kExitOk;
}

void add_preview_noise(CLI::App& train, Action& action) {
  struct Options {
    std::filesystem::path picture;
    std::filesystem::path strip = "lienzo-noise.png";
    int columns = 8;
    uint64_t seed = 1;
  };
  CLI::App* command =
      train.add_subcommand("preview-noise", "Show how a picture turns into noise and back");
  command->footer(
      "Examples:\n  lienzo train preview-noise picture.png\n"
      "  lienzo train preview-noise photo.jpg --columns 12 -o strip.png");
  auto options = std::make_shared<Options>();
  command->add_option("PICTURE", options->picture, "A PNG, JPEG or WebP file")
      ->type_name("FILE")
      ->required();
  command->add_option("-o,--output", options->strip, "The strip")
      ->type_name("FILE")
      ->capture_default_str();
  limit(command->add_option("--columns", options->columns, "How many steps to show"), 2, 32)
      ->type_name("N")
      ->capture_default_str();
  check_seed(command->add_option("--seed", options->seed, "Of the noise"))->capture_default_str();
  command->callback([&action, options] {
    action = [options] {
      return preview_noise(options->picture, options->strip, options->columns, options->seed);
    };
  });
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("train", "Train a network, from a recipe or on a folder of pictures");
  command->footer(kTrainExamples);
  auto options = std::make_shared<TrainOptions>();
  CLI::Option* source = command->add_option(
      "RECIPE",
      options->source,
      "A recipe (.toml), or a folder of pictures with metadata.jsonl or a .txt beside each");
  source->type_name("FILE|DIR");
  command->add_option("--output", options->output, "Folder of the results, instead of the recipe's")
      ->type_name("DIR");
  limit(command->add_option(
            "--steps", options->steps, "Steps of the whole training, instead of the recipe's"),
        1,
        INT64_MAX)
      ->type_name("N");
  command->add_flag("--resume", options->resume, "Go on after the newest checkpoint");
  command
      ->add_flag("--export",
                 options->only_export,
                 "Write the model of the newest checkpoint, train no further")
      ->excludes("--resume");
  command->add_flag("-q,--quiet", options->quiet, "Say nothing but warnings and errors");
  add_preview_noise(*command, action);
  command->callback([command, source, &action, options] {
    if (!command->get_subcommands().empty()) return;
    if (source->count() == 0) throw CLI::RequiredError("RECIPE");
    action = [options] { return train(*options); };
  });
}

}  // namespace lienzo::cli
