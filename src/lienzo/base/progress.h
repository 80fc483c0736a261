#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace lienzo {

/// One report of a long piece of work.
struct Progress {
  std::string stage;      // what is being done, e.g. "decode"
  int64_t done = 0;       // units finished
  int64_t total = 0;      // units in all; 0 when unknown
  double seconds = 0;     // since the stage began
  std::string note = {};  // shown behind the bar, e.g. "loss 0.021"
};

/// Empty means silent. Called on the thread that does the work; a sink that throws stops it.
using ProgressSink = std::function<void(const Progress&)>;

}  // namespace lienzo
