#pragma once

#include <string>

#include "lienzo/jobs/job.h"

namespace lienzo::jobs {

/// A ULID (github.com/ulid/spec): 26 letters and digits of Crockford's base 32, 48 bits of time and
/// 80 random ones. Each of one process sorts after the one before, also within a millisecond and
/// when the clock was put back. Safe from any thread.
std::string new_ulid(Millis now);

/// 32 random hexadecimal digits that nobody can guess.
std::string random_token();

}  // namespace lienzo::jobs
