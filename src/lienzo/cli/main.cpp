#include <cstdio>
#include <csignal>
#include <string>
#include <fmt/format.h>

#include "lienzo/base/log.h"
#include "lienzo/training/run.h"

static std::atomic<bool> g_stop{false};

int main(int argc, char** argv) {
  std::signal(SIGINT, [](int) { g_stop = true; });
  lienzo::set_log_sink([](lienzo::LogLevel, std::string_view s) { fmt::print(stderr, "{}\n", s); });
  try {
    lienzo::training::TrainHooks hooks;
    hooks.stop = &g_stop;
    lienzo::training::RunOptions options;
    options.resume = true;
    if (argc > 2) options.output = argv[2];
    auto r = lienzo::training::run_recipe(argv[1], options, hooks);
    fmt::print("done {} steps\n", r.step);
  } catch (const std::exception& e) {
    fmt::print(stderr, "error: {}\n", e.what());
    return 1;
  }
}
