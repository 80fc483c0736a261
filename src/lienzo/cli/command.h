#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace lienzo::cli {

/// What a parsed command line does; returns the exit code.
using Action = std::function<int()>;

// One function per command, each in a file of its own: declares the command's options on `app` and,
// when the command is the one that was typed, sets `action`.
void add_imagine(CLI::App& app, Action& action);
void add_edit(CLI::App& app, Action& action);
void add_inpaint(CLI::App& app, Action& action);
void add_upscale(CLI::App& app, Action& action);
void add_train(CLI::App& app, Action& action);
void add_evaluate(CLI::App& app, Action& action);
void add_dataset(CLI::App& app, Action& action);
void add_model(CLI::App& app, Action& action);
void add_serve(CLI::App& app, Action& action);
void add_worker(CLI::App& app, Action& action);
void add_key(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_completion(CLI::App& app, Action& action);

/// An option that takes one of `choices`. Its type reads "a|b|c" in help texts, from which
/// completion.cpp learns the choices too; types that contain FILE or DIR complete to names of files
/// or folders.
CLI::Option* add_choice(CLI::App& app,
                        const std::string& name,
                        std::string& target,
                        const std::vector<std::string>& choices,
                        const std::string& description);

/// Like add_choice for names that may also be written in other ways: what is not among the choices
/// is left to whoever reads it.
CLI::Option* add_name(CLI::App& app,
                      const std::string& name,
                      std::string& target,
                      const std::vector<std::string>& choices,
                      const std::string& description);

/// Takes whole numbers from low to high, in decimal, and refuses the rest.
CLI::Option* limit(CLI::Option* option, int64_t low, int64_t high);

/// Takes decimal numbers from low to high and refuses the rest, nan too.
CLI::Option* limit_real(CLI::Option* option, double low, double high);

/// Takes whole numbers from 0 to 2^64 - 1, in decimal; names the type SEED.
CLI::Option* check_seed(CLI::Option* option);

}  // namespace lienzo::cli
