#pragma once

namespace CLI {
class App;
}

namespace lienzo::cli {

struct DrawOptions;
struct ImagineOptions;

/// Declares what every command that draws has: words, seed, steps, where the files go.
void add_request_options(CLI::App& command, ImagineOptions& options);

/// --hires and its kin.
void add_second_pass_options(CLI::App& command, DrawOptions& options);

}  // namespace lienzo::cli
