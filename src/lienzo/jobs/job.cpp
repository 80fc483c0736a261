#include "lienzo/jobs/job.h"

#include <fmt/format.h>

#include "lienzo/base/error.h"

namespace lienzo::jobs {

std::string_view name(JobState state) {
  switch (state) {
    case JobState::kQueued: return "queued";
    case JobState::kRunning: return "running";
    case JobState::kDone: return "done";
    case JobState::kFailed: return "failed";
    case JobState::kCancelled: return "cancelled";
  }
  return "unknown";
}

JobState job_state_from_name(std::string_view text) {
  for (const JobState state : {JobState::kQueued,
                               JobState::kRunning,
                               JobState::kDone,
                               JobState::kFailed,
                               JobState::kCancelled}) {
    if (name(state) == text) return state;
  }
  throw Error(ErrorKind::kInvalidInput,
              fmt::format("[jobs] unknown state, got '{}', expected queued, running, done, failed "
                          "or cancelled",
                          text));
}

}  // namespace lienzo::jobs
