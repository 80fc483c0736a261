#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lienzo/base/json.h"

namespace lienzo::jobs {

/// Milliseconds since 1970-01-01 UTC.
using Millis = int64_t;

enum class JobState { kQueued, kRunning, kDone, kFailed, kCancelled };

/// "queued", "running", "done", "failed", "cancelled".
std::string_view name(JobState state);
/// Throws Error(kInvalidInput) naming the five.
JobState job_state_from_name(std::string_view name);
inline bool is_final(JobState state) { return state >= JobState::kDone; }

/// How far a running job is.
struct JobProgress {
  std::string stage = {};  // "load", "draw", ... as the engine calls it
  int step = 0, steps = 0;
  int picture = 0, pictures = 1;  // the one being made, from 0, of so many
  double fraction = 0;            // of the whole job, 0 to 1, never falling within an attempt
  std::optional<double> seconds_left = {};

  bool operator==(const JobProgress&) const = default;
};

/// Why a job failed: `kind` as lienzo::name(ErrorKind) gives it.
struct JobError {
  std::string kind;
  std::string message;

  bool operator==(const JobError&) const = default;
};

/// What is asked for, before the store knows it.
struct NewJob {
  std::string owner = {};          // the key it came with; "local" without keys
  std::string dialect = "native";  // "native", "openai", "sdapi"
  std::string model = {};
  std::string title = {};         // the prompt, for lists and searches
  Json request = Json::object();  // service::to_json of the request
  int priority = 0;               // -10 to 10, higher first
  double cost = 1;                // pixels x steps x pictures: what fairness counts
  std::string batch = {};         // jobs with the same may be drawn together; empty: alone
  std::vector<std::string> tags = {};
};

struct Job {
  std::string id;  // 26 letters and digits that sort by time of creation (ULID)
  NewJob what;
  JobState state = JobState::kQueued;
  Millis created = 0;
  std::optional<Millis> started = {}, finished = {};
  int attempts = 0;  // times a worker began it
  bool cancel_requested = false;
  std::string worker = {};  // who has it
  JobProgress progress;
  std::optional<JobError> error = {};
  std::vector<std::string> pictures = {};  // ids, in order
  std::optional<int> queue_position = {};  // 0: next; of queued jobs found alone
  bool has_preview = false;                // of a job that runs
  int64_t change = 0;  // grows with every change of any job; for waiting and for lists of news
};

/// What was removed: a picture of a job, or the job with all of its pictures.
struct Removal {
  int64_t change = 0;  // a number of the same counter as Job::change
  std::string owner = {};
  std::string job = {};
  std::string picture = {};  // id; empty: the job
};

/// One finished picture, known by the SHA-256 of its file (the id), which BlobStore keeps.
struct PictureRow {
  std::string id = {};
  std::string job = {};
  std::string owner = {};
  int index = 0;  // within its job
  int width = 0, height = 0;
  std::string format = {};  // "png", "jpg", "webp"
  int64_t bytes = 0;
  std::string prompt = {}, negative_prompt = {};
  std::string model = {};
  uint64_t seed = 0;
  Millis created = 0;
  std::vector<std::string> tags = {};
  Json record = Json::object();  // provenance::to_json
};

}  // namespace lienzo::jobs
