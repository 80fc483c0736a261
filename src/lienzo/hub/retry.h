#pragma once

#include <cstdint>
#include <functional>

#include "lienzo/hub/http_session.h"

namespace lienzo::hub {

/// When to try again, seconds.
struct RetryPolicy {
  int attempts = 6;          // in a row without a new byte
  double first_wait = 1;     // doubled each time
  double longest_wait = 30;  // of our own
  double patience = 300;     // the longest Retry-After that is obeyed
};

/// Calls `attempt` until it ends with an answer that trying again would not change: any status but
/// 408, 429, 500, 502, 503 and 504, or kStopped. Between attempts it waits, longer each time or as
/// long as the server asks. `bytes_so_far` tells attempts that got further, which begin the count
/// anew. Throws Error(kIo) when it gives up, at once where no server has answered in this session;
/// Error(kCancelled).
HttpResult with_retries(const HttpSession& session,
                        const RetryPolicy& policy,
                        const Cancelled& cancelled,
                        const std::function<uint64_t()>& bytes_so_far,
                        const std::function<HttpResult()>& attempt);

}  // namespace lienzo::hub
