#include "lienzo/cli/interrupt.h"

#include <unistd.h>

#include <csignal>
#include <cstring>

namespace lienzo::cli {
namespace {

std::atomic<bool> interrupted{false};
std::atomic<const char*> said{nullptr};
static_assert(std::atomic<bool>::is_always_lock_free &&
                  std::atomic<const char*>::is_always_lock_free,
              "only lock-free atomics may be used in a signal handler");

void on_signal(int) {
  interrupted = true;
  const char* message = said;
  // A refused write changes nothing about stopping.
  if (message && write(STDERR_FILENO, message, std::strlen(message)) < 0) return;
}

}  // namespace

const std::atomic<bool>& catch_interrupts(const char* message) {
  said = message;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESETHAND | SA_RESTART;  // the second signal finds the default again
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return interrupted;
}

}  // namespace lienzo::cli
