#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/cli/command.h"
#include "lienzo/cli/console.h"
#include "lienzo/cli/exit_code.h"
#include "lienzo/cli/interrupt.h"
#include "lienzo/cli/model_folder.h"
#include "lienzo/evaluation/faithfulness.h"
#include "lienzo/image/io.h"
#include "lienzo/pipelines/any_model.h"
#include "lienzo/tensor/threads.h"

namespace lienzo::cli {
namespace {

namespace fs = std::filesystem;
using datasets::world::Language;

constexpr const char* kEvaluateExamples =
    "Examples:\n"
    "  lienzo evaluate faithfulness                        200 prompts of the held-out set in "
    "Spanish\n"
    "  lienzo evaluate faithfulness --set all --language both -o report\n"
    "  lienzo evaluate faithfulness --set signs --count 50 --json\n"
    "A checker that learned from the renderer alone reads the pictures; what it gets right on the "
    "renderer's own\n"
    "pictures of the same prompts stands beside every figure.";

struct EvaluateOptions {
  fs::path model;
  fs::path checker;
  std::string set = "held-out";
  std::string language = "es";
  int64_t count = 200;
  uint64_t seed = 1;
  int threads = 0;
  fs::path output;
  bool layouts = false;
  bool json = false;
  bool quiet = false;
};

std::vector<std::string> set_choices() {
  std::vector<std::string> names = evaluation::faithfulness_set_names();
  names.emplace_back("all");
  return names;
}

// What of one set and one language is written into the folder of -o.
void write_report(const fs::path& folder,
                  const std::string& name,
                  const evaluation::FaithfulnessReport& report) {
  write_file_atomic(folder / (name + ".json"), evaluation::to_json(report).dump(2) + "\n");
  write_file_atomic(folder / (name + ".txt"), evaluation::to_table(report));
  image::Image sheet;
  try {
    sheet = evaluation::failure_sheet(report);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUnsupported) throw;
    // No font for the labels, which is no reason to lose the figures of an hour.
    complain(fmt::format("no sheet of failures for {}: {}", name, error.what()));
  }
  if (sheet.width > 0) image::write_image(folder / (name + "-failures.png"), sheet);
}

int evaluate(const EvaluateOptions& options) {
  show_log(options.quiet);
  const std::atomic<bool>& interrupted = catch_interrupts("\n");
  tensor::set_threads(options.threads);
  std::optional<evaluation::Checker> checker;
  if (!options.layouts) checker = evaluation::Checker::load(find_checker_folder(options.checker));
  pipelines::AnyModel model = pipelines::AnyModel::load(find_model_folder(options.model));
  if (!options.output.empty()) fs::create_directories(options.output);

  const auto request_for = [&](const std::string& prompt, uint64_t seed) {
    if (interrupted) throw Error(ErrorKind::kCancelled, "[evaluate] stopped");
    pipelines::ImagineRequest request;
    request.prompt = prompt;
    request.seed = seed;
    request.guidance = model.own_guidance();
    if (model.own_size() > 0) request.width = request.height = model.own_size();
    return request;
  };
  const evaluation::Drawer draw = [&](const std::string& prompt, uint64_t seed) {
    return model.imagine(request_for(prompt, seed), {}).front().image;
  };
  const evaluation::LayoutWriter plan = [&](const std::string& prompt, uint64_t seed) {
    return model.imagine_scenes(request_for(prompt, seed)).front();
  };

  Json reports = Json::array();
  for (const std::string& set : evaluation::faithfulness_set_names()) {
    if (options.set != "all" && options.set != set) continue;
    for (const auto& [language, code] :
         {std::pair{Language::kSpanish, "es"}, {Language::kEnglish, "en"}}) {
      if (options.language != "both" && options.language != code) continue;
      evaluation::FaithfulnessOptions run;
      run.set = evaluation::faithfulness_set(set);
      run.language = language;
      run.count = options.count;
      run.seed = options.seed;
      ProgressBar bar(options.quiet);
      const auto report = checker
                              ? evaluation::evaluate_faithfulness(draw, *checker, run, bar.sink())
                              : evaluation::evaluate_layouts(plan, run, bar.sink());
      bar.clear();
      if (!options.json) print(evaluation::to_table(report) + "\n");
      if (!options.output.empty()) write_report(options.output, set + "-" + code, report);
      reports.push_back(evaluation::to_json(report));
    }
  }
  if (options.json) {
    print_json({{"model", {{"name", model.name()}, {"hash", model.hash()}}},
                {"reports", std::move(reports)}});
  }
  if (!options.output.empty() && !options.quiet)
    say(fmt::format("tables, JSON and sheets of failures: {}", options.output.string()));
  return kExitOk;
}

}  // namespace

void add_evaluate(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("evaluate", "Measure a model");
  command->require_subcommand(0, 1);
  command->footer(kEvaluateExamples);
  CLI::App* faithfulness =
      command->add_subcommand("faithfulness", "Count what in the pictures is as the words say");
  faithfulness->footer(kEvaluateExamples);
  auto options = std::make_shared<EvaluateOptions>();
  add_choice(*faithfulness, "--set", options->set, set_choices(), "Which prompts")
      ->capture_default_str();
  add_choice(*faithfulness,
             "--language",
             options->language,
             {"es", "en", "both"},
             "Language of the prompts")
      ->capture_default_str();
  limit(faithfulness->add_option("--count", options->count, "Pictures of each set and language"),
        1,
        1000000)
      ->type_name("N")
      ->capture_default_str();
  check_seed(faithfulness->add_option("--seed", options->seed, "Of the prompts and pictures"))
      ->capture_default_str();
  faithfulness->add_option("--model", options->model, "Folder of another model")->type_name("DIR");
  faithfulness->add_option("--checker", options->checker, "Folder of another checker")
      ->type_name("DIR");
  limit(faithfulness->add_option("--threads", options->threads, "Processors to use [all]"), 0, 1024)
      ->type_name("N");
  faithfulness
      ->add_option("-o,--output", options->output, "Folder for tables, JSON and sheets of failures")
      ->type_name("DIR");
  faithfulness->add_flag(
      "--layouts", options->layouts, "Judge the scenes that are planned, not the pictures");
  faithfulness->add_flag("--json", options->json, "Print JSON instead of tables");
  faithfulness->add_flag("-q,--quiet", options->quiet, "Say nothing but warnings and errors");
  faithfulness->callback([&action, options] { action = [options] { return evaluate(*options); }; });
}

}  // namespace lienzo::cli
