#include "lienzo/jobs/ulid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <random>

namespace lienzo::jobs {
namespace {

constexpr char kDigits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr uint64_t kLow40 = (uint64_t{1} << 40) - 1;

uint64_t random_bits() {
  std::random_device device;  // the operating system's, in the libraries that we build with
  return uint64_t{device()} << 32 | device();
}

/// The last one given: time, and the random part as two halves of 40 bits.
struct Ulid {
  uint64_t time = 0, high = 0, low = 0;

  void advance(uint64_t now) {
    if (now > time) {
      *this = {now, random_bits() & kLow40, random_bits() & kLow40};
      return;
    }
    low = (low + 1) & kLow40;
    if (low == 0) high = (high + 1) & kLow40;
    if (low == 0 && high == 0) ++time;
  }
};

void append(std::string& text, uint64_t bits, int digits) {
  for (int i = digits - 1; i >= 0; --i) text += kDigits[bits >> (5 * i) & 31];
}

}  // namespace

std::string new_ulid(Millis now) {
  static std::mutex mutex;
  static Ulid last;
  const std::lock_guard lock(mutex);
  last.advance(static_cast<uint64_t>(std::max<Millis>(now, 0)));
  std::string text;
  append(text, last.time, 10);
  append(text, last.high, 8);
  append(text, last.low, 8);
  return text;
}

std::string random_token() { return fmt::format("{:016x}{:016x}", random_bits(), random_bits()); }

}  // namespace lienzo::jobs
