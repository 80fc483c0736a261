#pragma once

#include "lienzo/cli/command.h"

namespace lienzo::cli {

// The commands of `lienzo model`, each in a file of its own, as those of command.h.
void add_model_convert(CLI::App& model, Action& action);
void add_model_info(CLI::App& model, Action& action);
void add_model_list(CLI::App& model, Action& action);
void add_model_pull(CLI::App& model, Action& action);

}  // namespace lienzo::cli
