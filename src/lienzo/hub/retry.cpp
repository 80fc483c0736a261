#include "lienzo/hub/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "lienzo/base/error.h"
#include "lienzo/base/log.h"
#include "lienzo/hub/url.h"

namespace lienzo::hub {
namespace {

bool may_pass(int status) {
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
         status == 504;
}

std::string reason_of(const HttpResult& result) {
  return result.end == HttpEnd::kComplete ? fmt::format("status {}", result.response.status)
                                          : result.problem;
}

void wait(double seconds, const Cancelled& cancelled) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(seconds));
  while (true) {
    if (cancelled && cancelled()) throw Error(ErrorKind::kCancelled, "[hub] stopped");
    const auto left = end - Clock::now();
    if (left <= Clock::duration::zero()) return;
    std::this_thread::sleep_for(std::min<Clock::duration>(left, std::chrono::milliseconds(100)));
  }
}

[[noreturn]] void give_up(const HttpResult& result, int attempts) {
  throw Error(ErrorKind::kIo,
              fmt::format("[hub] {} failed {} times in a row: {}; run the same command again "
                          "later, it goes on where it "
                          "stopped",
                          without_query(result.response.url),
                          attempts,
                          reason_of(result)));
}

}  // namespace

HttpResult with_retries(const HttpSession& session,
                        const RetryPolicy& policy,
                        const Cancelled& cancelled,
                        const std::function<uint64_t()>& bytes_so_far,
                        const std::function<HttpResult()>& attempt) {
  double pause = policy.first_wait;
  int failures = 0;
  while (true) {
    const uint64_t before = bytes_so_far();
    HttpResult result = attempt();
    if (result.end == HttpEnd::kStopped) return result;
    if (result.end == HttpEnd::kComplete && !may_pass(result.response.status)) return result;
    if (result.end == HttpEnd::kUnreachable && !session.has_been_answered()) {
      throw Error(ErrorKind::kIo,
                  fmt::format("[hub] cannot reach {}: {}; is this computer offline? Behind a "
                              "proxy, set https_proxy; for a mirror, set HF_ENDPOINT. What is "
                              "here already: lienzo model list",
                              server_of(result.response.url),
                              result.problem));
    }
    if (bytes_so_far() > before) {
      failures = 0;
      pause = policy.first_wait;
    }
    if (++failures >= policy.attempts) give_up(result, failures);
    const double asked = result.response.retry_after.value_or(0);
    if (asked > policy.patience) {
      throw Error(ErrorKind::kIo,
                  fmt::format("[hub] {} asks to wait {:.0f} s (status {}); try again later",
                              without_query(result.response.url),
                              asked,
                              result.response.status));
    }
    const double seconds = std::max(asked, pause);
    log(LogLevel::kInfo, fmt::format("{}; trying again in {:.1f} s", reason_of(result), seconds));
    wait(seconds, cancelled);
    pause = std::min(2 * pause, policy.longest_wait);
  }
}

}  // namespace lienzo::hub
