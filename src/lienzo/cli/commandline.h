#pragma once

#include <memory>

#include "lienzo/cli/command.h"

namespace lienzo::cli {

/// Every command with its options; `action` is set when a command line is parsed.
std::unique_ptr<CLI::App> make_commandline(Action& action);

/// The program: parses, runs, reports errors on stderr and returns the exit code. Never throws.
int run(int argc, const char* const* argv);

}  // namespace lienzo::cli
