#include "lienzo/base/mapping_guard.h"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>

#include "lienzo/base/pages.h"

namespace lienzo {
namespace {

// Read by a signal handler, hence a table without locks. A slot is free where `begin` is 0.
struct Slot {
  std::atomic<uintptr_t> begin = 0, end = 0;
};
std::array<Slot, 512> slots;
static_assert(std::atomic<uintptr_t>::is_always_lock_free);

constexpr uintptr_t kTaken = 1;  // a slot that is being filled: no address lies in it

bool is_guarded(uintptr_t address) {
  for (const Slot& slot : slots) {
    if (slot.begin.load() <= address && address < slot.end.load()) return true;
  }
  return false;
}

// Puts an empty page where the file has none any more; what faulted is then tried again.
void on_bus_error(int, siginfo_t* info, void*) {
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  void* page = static_cast<char*>(info->si_addr) - address % page_size();
  if (is_guarded(address) && ::mmap(page,
                                    page_size(),
                                    PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                                    -1,
                                    0) != MAP_FAILED)
    return;
  std::signal(SIGBUS, SIG_DFL);  // which the same instruction meets at once
}

}  // namespace

void survive_cut_files() {
  page_size();  // asked for here, not in the handler
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

void guard_mapping(const void* data, size_t bytes) {
  const auto begin = reinterpret_cast<uintptr_t>(data);
  for (Slot& slot : slots) {
    uintptr_t free = 0;
    if (!slot.begin.compare_exchange_strong(free, kTaken)) continue;
    slot.end.store(begin + bytes);
    slot.begin.store(begin);
    return;
  }
}

void forget_mapping(const void* data) {
  const auto begin = reinterpret_cast<uintptr_t>(data);
  for (Slot& slot : slots) {
    if (slot.begin.load() != begin) continue;
    slot.end.store(0);
    slot.begin.store(0);
    return;
  }
}

}  // namespace lienzo
