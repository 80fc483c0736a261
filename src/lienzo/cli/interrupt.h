#pragma once

#include <atomic>

namespace lienzo::cli {

/// Lets Ctrl-C (SIGINT) and SIGTERM ask for a stop: the first sets the returned flag, the second
/// kills as usual. `message` is what the first writes to stderr; it must be a literal.
const std::atomic<bool>& catch_interrupts(const char* message);

}  // namespace lienzo::cli
