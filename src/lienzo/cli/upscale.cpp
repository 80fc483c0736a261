#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <optional>

#include "lienzo/base/error.h"
#include "lienzo/base/version.h"
#include "lienzo/cli/command.h"
#include "lienzo/cli/console.h"
#include "lienzo/cli/exit_code.h"
#include "lienzo/cli/interrupt.h"
#include "lienzo/cli/model_folder.h"
#include "lienzo/cli/output_plan.h"
#include "lienzo/image/io.h"
#include "lienzo/pipelines/picture_upscaler.h"
#include "lienzo/tensor/threads.h"

namespace lienzo::cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kUpscaleExamples =
    "Examples:\n"
    "  lienzo upscale photo.jpg -m RealESRGAN_x4plus           four times, details drawn anew\n"
    "  lienzo upscale out.png -m realesr-general-x4v3 --scale 2 -o large.png\n"
    "  lienzo upscale out.png --scale 3                        without a model: by Lanczos' filter";

constexpr double kLeastScale = 1, kMostScale = 8;

struct UpscaleOptions {
  fs::path picture, output;
  std::string model, format, dtype, device = "auto";
  std::optional<double> scale;
  int threads = 0;
  bool json = false, quiet = false;
};

provenance::Record record_of(const fs::path& picture) {
  try {
    return provenance::read_record(picture);
  } catch (const Error&) {  // made by something else, which left none
    return {};
  }
}

// PICTURE-large.png, or -large-2 and so on where that is taken.
fs::path free_name(const UpscaleOptions& options) {
  const std::string stem = options.picture.stem().string() + "-large";
  const std::string extension = "." + (options.format.empty() ? "png" : options.format);
  fs::path path = stem + extension;
  for (int copy = 2; fs::exists(path); ++copy) path = fmt::format("{}-{}{}", stem, copy, extension);
  return path;
}

int upscale(const UpscaleOptions& options) {
  const auto start = Clock::now();
  const image::Image small = image::read_image(options.picture, {.keep_alpha = true});
  const OutputPlan plan(
      options.output.empty() ? free_name(options) : options.output, options.format, 1);
  std::optional<pipelines::PictureUpscaler> upscaler;
  if (!options.model.empty()) {
    tensor::set_threads(options.threads);
    upscaler.emplace(pipelines::PictureUpscaler::load(
        find_model(options.model), {.dtype = options.dtype, .device = options.device}));
    const auto& facts = upscaler->facts();
    if (!options.quiet) {
      say(fmt::format("{}: {}, {} times larger, {} on {}",
                      facts.name,
                      facts.architecture,
                      facts.factor,
                      facts.dtype,
                      facts.device));
    }
  } else if (!options.quiet) {
    say("No model was named: enlarged by Lanczos' filter, which adds no detail.");
  }
  const double scale = options.scale.value_or(upscaler ? upscaler->facts().factor : 2);
  const std::atomic<bool>& interrupted = catch_interrupts("\n");
  ProgressBar bar(options.quiet);
  const image::Image larger = pipelines::enlarge(
      small, scale, upscaler ? &*upscaler : nullptr, {.progress = bar.sink(), .cancelled = [&] {
                                                        return interrupted.load();
                                                      }});
  bar.clear();
  provenance::Record record = record_of(options.picture);
  pipelines::record_enlargement(record, larger, scale, upscaler ? &*upscaler : nullptr);
  const fs::path path = plan.picture(0, record.seed);
  provenance::write_picture(path, larger, record);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (options.json) {
    print_json({{"version", lienzo::version()},
                {"file", path.string()},
                {"width", larger.width},
                {"height", larger.height},
                {"scale", scale},
                {"model", upscaler ? Json(upscaler->facts().name) : Json()},
                {"seconds", seconds}});
    return kExitOk;
  }
  print(path.string() + "\n");
  if (!options.quiet) {
    say(fmt::format("{}x{} from {}x{} in {}",
                    larger.width,
                    larger.height,
                    small.width,
                    small.height,
                    format_seconds(seconds)));
  }
  return kExitOk;
}

}  // namespace

void add_upscale(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("upscale", "Make a picture larger");
  command->footer(kUpscaleExamples);
  auto options = std::make_shared<UpscaleOptions>();
  command->add_option("PICTURE", options->picture, "The picture to enlarge")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("-m,--model",
                   options->model,
                   "An upscaler, ESRGAN or SRVGGNetCompact: its file, or its name in the model "
                   "folder [none: Lanczos' filter]")
      ->type_name("FILE");
  command
      ->add_option("--scale",
                   options->scale,
                   "How many times larger, above 1, up to 8 [the model's own; 2 without one]")
      ->type_name("X")
      ->check([](const std::string& text) {
        double value = 0;
        if (CLI::detail::lexical_cast(text, value) && value > kLeastScale && value <= kMostScale)
          return std::string();
        return fmt::format("is {}, expected above 1, up to 8", text);
      });
  command->add_option("-o,--output", options->output, "A file or a folder [PICTURE-large.png here]")
      ->type_name("FILE|DIR");
  add_choice(*command,
             "--format",
             options->format,
             {"png", "jpg", "webp"},
             "Format of the file [png, or the name's]");
  add_choice(*command,
             "--dtype",
             options->dtype,
             {"fp32", "bf16", "fp16"},
             "Type of the numbers [the fastest here]");
  command->add_option("--device", options->device, "cpu, cuda, cuda:N [auto]")->type_name("NAME");
  limit(command->add_option("--threads", options->threads, "Processors to use [all]"), 0, 1024)
      ->type_name("N");
  command->add_flag("--json", options->json, "Print one JSON object instead of the file's name");
  command->add_flag("-q,--quiet", options->quiet, "Say nothing but warnings and errors");
  command->callback([&action, options] { action = [options] { return upscale(*options); }; });
}

}  // namespace lienzo::cli
