#include <CLI/CLI.hpp>

#include "lienzo/cli/command.h"
#include "lienzo/cli/model_commands.h"

namespace lienzo::cli {
namespace {

constexpr const char* kModelExamples =
    "Examples:\n"
    "  lienzo model list\n"
    "  lienzo model pull sd1.5\n"
    "  lienzo model info sd1.5\n"
    "  lienzo model convert sd1.5 sd15.safetensors --dtype fp16";

}  // namespace

void add_model(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("model", "Get models and look into them");
  command->require_subcommand(0, 1);
  command->footer(kModelExamples);
  add_model_list(*command, action);
  add_model_pull(*command, action);
  add_model_info(*command, action);
  add_model_convert(*command, action);
}

}  // namespace lienzo::cli
