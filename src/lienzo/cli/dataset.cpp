#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <filesystem>

#include "lienzo/base/file.h"
#include "lienzo/base/random.h"
#include "lienzo/cli/command.h"
#include "lienzo/cli/console.h"
#include "lienzo/cli/exit_code.h"
#include "lienzo/cli/interrupt.h"
#include "lienzo/datasets/world/captions.h"
#include "lienzo/datasets/world/layout.h"
#include "lienzo/datasets/world/renderer.h"
#include "lienzo/image/grid.h"
#include "lienzo/image/io.h"

namespace lienzo::cli {
namespace {

namespace fs = std::filesystem;
namespace world = datasets::world;

constexpr const char* kDatasetExamples =
    "Examples:\n"
    "  lienzo dataset preview                          24 scenes in lienzo-world.png\n"
    "  lienzo dataset write pictures -n 200            pictures/metadata.jsonl and 200 pictures\n"
    "  lienzo dataset write --help";

constexpr const char* kPreviewExamples =
    "Examples:\n"
    "  lienzo dataset preview                          24 scenes in lienzo-world.png\n"
    "  lienzo dataset preview -n 6 --size 256 --language en -o six.png\n"
    "  lienzo dataset preview --held-out               what is never drawn in training";

constexpr const char* kWriteExamples =
    "Examples:\n"
    "  lienzo dataset write pictures -n 200            pictures/metadata.jsonl and 200 pictures\n"
    "  lienzo dataset write pictures -n 50 --size 64 --language es --format webp";

struct WorldOptions {
  int count = 24;
  int size = 128;
  uint64_t seed = 1;
  bool held_out = false;
  std::string language = "both";
};

struct CaptionedScene {
  world::Scene scene;
  std::string caption;
  world::Language language;
};

// Both languages take turns. Captions draw from numbers of their own, so that a language does not
// change the scenes.
CaptionedScene make_captioned(const WorldOptions& options, int index) {
  const auto split = options.held_out ? world::Split::kHeldOut : world::Split::kTraining;
  const world::Example example =
      world::sample_example(options.seed, static_cast<uint64_t>(index), split);
  const bool english = options.language == "en" || (options.language == "both" && index % 2 == 1);
  const auto language = english ? world::Language::kEnglish : world::Language::kSpanish;
  Random random(mix_bits(options.seed, 0x63617074696f6e), static_cast<uint64_t>(index));
  return {example.scene, world::describe(example.spec, language, random), language};
}

int preview_dataset(const WorldOptions& options, const fs::path& output) {
  image::format_of(output);  // a wrong name is told before the work
  std::vector<image::Image> pictures;
  std::vector<std::string> captions;
  for (int k = 0; k < options.count; ++k) {
    CaptionedScene item = make_captioned(options, k);
    pictures.push_back(world::render(item.scene, options.size));
    captions.push_back(std::move(item.caption));
  }
  const int columns = static_cast<int>(std::ceil(std::sqrt(1.5 * options.count)));
  image::write_image(output, image::labelled_grid(pictures, captions, columns));
  print(output.string() + "\n");
  return kExitOk;
}

// A folder that takes its name only when it is complete, and is deleted if it never is.
class NewFolder {
 public:
  explicit NewFolder(const fs::path& named)
      : target_(fs::weakly_canonical(named.empty() ? fs::current_path() : fs::absolute(named))) {
    if (!target_.has_filename()) target_ = target_.parent_path();
    // Taking its place would leave the shell in a folder that is gone.
    if (fs::exists(target_) && fs::equivalent(target_, fs::current_path())) {
      throw Error(
          ErrorKind::kInvalidInput,
          fmt::format("[dataset] '{}' is the current folder, expected a new or an empty one "
                      "elsewhere; say pictures, for example",
                      named.string()));
    }
    // A link to nothing exists too, for renaming.
    const bool there = fs::exists(fs::symlink_status(target_));
    if (there && !(fs::is_directory(target_) && fs::is_empty(target_))) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[dataset] {} exists already, expected a new or an empty folder",
                              named.string()));
    }
    partial_ = target_;
    partial_ += ".partial";
    if (!fs::create_directory(partial_)) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[dataset] {} is there from an interrupted run; delete it first",
                              partial_.string()));
    }
  }
  ~NewFolder() {
    std::error_code ignored;
    if (!partial_.empty()) fs::remove_all(partial_, ignored);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  const fs::path& path() const { return partial_; }
  void commit() {
    fs::rename(partial_, target_);
    partial_.clear();
  }

 private:
  fs::path target_, partial_;
};

int write_dataset(const WorldOptions& options, const fs::path& folder, const std::string& format) {
  const std::atomic<bool>& interrupted = catch_interrupts("\n");
  const auto start = std::chrono::steady_clock::now();
  NewFolder target(folder);
  ProgressBar bar;
  std::string metadata;
  for (int k = 0; k < options.count; ++k) {
    if (interrupted) throw Error(ErrorKind::kCancelled, "[dataset] stopped; nothing was written");
    const CaptionedScene item = make_captioned(options, k);
    const std::string name = fmt::format("{:06}.{}", k, format);
    image::write_image(target.path() / name, world::render(item.scene, options.size));
    const bool english = item.language == world::Language::kEnglish;
    const Json row = {
        {"file_name", name}, {"text", item.caption}, {"language", english ? "en" : "es"}};
    metadata += row.dump() + "\n";
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    bar.show({.stage = "draw",
              .done = k + 1,
              .total = options.count,
              .seconds = seconds.count(),
              .note = {}});
  }
  write_file_atomic(target.path() / "metadata.jsonl", metadata);
  target.commit();
  bar.clear();
  print(folder.string() + "\n");
  return kExitOk;
}

void add_world_options(CLI::App& command, WorldOptions& options) {
  limit(command.add_option("--size", options.size, "Side of a picture, pixels"), 8, 512)
      ->type_name("PIXELS")
      ->capture_default_str();
  check_seed(command.add_option("--seed", options.seed, "Other seeds give other scenes"))
      ->capture_default_str();
  command.add_flag("--held-out", options.held_out, "Only what training never draws");
  add_choice(
      command, "--language", options.language, {"es", "en", "both"}, "Language of the captions")
      ->capture_default_str();
}

}  // namespace

void add_dataset(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("dataset", "Look at the small world that the embedded model learns");
  command->require_subcommand(0, 1);
  command->footer(kDatasetExamples);

  CLI::App* preview_command =
      command->add_subcommand("preview", "Draw a labelled contact sheet of scenes");
  preview_command->footer(kPreviewExamples);
  auto options = std::make_shared<WorldOptions>();
  auto sheet = std::make_shared<fs::path>("lienzo-world.png");
  preview_command->add_option("-o,--output", *sheet, "The sheet")
      ->type_name("FILE")
      ->capture_default_str();
  limit(preview_command->add_option("-n,--count", options->count, "How many scenes"), 1, 1000)
      ->type_name("N")
      ->capture_default_str();
  add_world_options(*preview_command, *options);
  preview_command->callback(
      [&action, options, sheet] { action = [=] { return preview_dataset(*options, *sheet); }; });

  CLI::App* write_command =
      command->add_subcommand("write", "Write scenes as a folder of captioned pictures");
  write_command->footer(kWriteExamples);
  auto write_options = std::make_shared<WorldOptions>();
  write_options->count = 100;
  auto folder = std::make_shared<fs::path>();
  auto format = std::make_shared<std::string>("png");
  write_command->add_option("FOLDER", *folder, "A new folder")->type_name("DIR")->required();
  limit(write_command->add_option("-n,--count", write_options->count, "How many pictures"),
        1,
        1000000)
      ->type_name("N")
      ->capture_default_str();
  add_choice(*write_command, "--format", *format, {"png", "jpg", "webp"}, "Format of the pictures")
      ->capture_default_str();
  add_world_options(*write_command, *write_options);
  write_command->callback([&action, write_options, folder, format] {
    action = [=] { return write_dataset(*write_options, *folder, *format); };
  });
}

}  // namespace lienzo::cli
