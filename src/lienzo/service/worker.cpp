#include "lienzo/service/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/error.h"
#include "lienzo/base/log.h"
#include "lienzo/service/heartbeat.h"

namespace lienzo::service {
namespace {

using Clock = std::chrono::steady_clock;
using jobs::JobStore;
using std::chrono::milliseconds;

jobs::PictureRow row_of(const MadePicture& picture,
                        const jobs::Job& job,
                        const DrawRequest& request,
                        int index,
                        const std::string& id) {
  return {.id = id,
          .job = job.id,
          .owner = job.what.owner,
          .index = index,
          .width = picture.width,
          .height = picture.height,
          .format = picture.format,
          .bytes = static_cast<int64_t>(picture.bytes.size()),
          .prompt = request.prompt,
          .negative_prompt = request.negative_prompt,
          .model = request.model,
          .seed = picture.seed,
          .tags = request.tags,
          .record = picture.record};
}

/// Does what ends a job, again and again while the store cannot be reached and the lease is held.
template <class Action>
bool until_stored(const Heartbeat& heart, const Action& action) {
  for (milliseconds pause{100};; pause = std::min(pause * 2, milliseconds(5000))) {
    try {
      return action();
    } catch (const std::exception& problem) {
      log(LogLevel::kWarning,
          fmt::format("[worker] job {}: cannot store how it ended: {}",
                      heart.lease().job.id,
                      problem.what()));
      if (heart.lost()) return false;
      std::this_thread::sleep_for(pause);
    }
  }
}

}  // namespace

/// A job that this worker has.
struct Worker::Running {
  Running(JobStore& store, const jobs::Lease& lease, const WorkerOptions& options)
      : heart(store, lease, options.lease, options.progress_every) {}

  DrawRequest request;
  Heartbeat heart;
};

Worker::Worker(JobStore& store, jobs::BlobStore& blobs, Engine& engine, WorkerOptions options)
    : store_(store), blobs_(blobs), engine_(engine), options_(std::move(options)), thread_([this] {
        run();
      }) {}

Worker::~Worker() { stop(milliseconds(0)); }

void Worker::stop(milliseconds grace) {
  stopping_ = true;
  const Clock::time_point end = Clock::now() + grace;
  while (busy_ && Clock::now() < end) std::this_thread::sleep_for(milliseconds(10));
  broken_off_ = true;
  if (thread_.joinable()) thread_.join();
}

void Worker::run() {
  int64_t seen = 0;
  milliseconds pause{100};
  while (!stopping_) {
    try {
      // Before looking, so that a job that comes in between is noticed.
      busy_ = true;
      const std::optional<jobs::Lease> lease = store_.claim(options_.name, options_.lease);
      if (lease && !stopping_) {
        work(*lease);
      } else if (lease) {
        store_.give_back(*lease);
      }
      busy_ = false;
      if (!lease) seen = await_change(seen);
      pause = milliseconds(100);
    } catch (const std::exception& problem) {
      busy_ = false;
      log(LogLevel::kError, fmt::format("[worker] {}", problem.what()));
      for (Clock::time_point end = Clock::now() + pause; Clock::now() < end && !stopping_;)
        std::this_thread::sleep_for(milliseconds(20));
      pause = std::min(pause * 2, milliseconds(5000));
    }
  }
}

int64_t Worker::await_change(int64_t seen) {
  const Clock::time_point end = Clock::now() + milliseconds(500);
  int64_t latest = seen;
  while (latest <= seen && !stopping_ && Clock::now() < end)
    latest = store_.wait_for_change(seen, milliseconds(100));
  return latest;
}

void Worker::work(const jobs::Lease& first) {
  const Clock::time_point begin = Clock::now();
  Batch batch;
  take_on(first, batch);
  if (!batch.empty()) {
    for (const jobs::Lease& lease : company_of(*batch.front())) take_on(lease, batch);
    draw(batch);
  }
  busy_millis_ += std::chrono::duration_cast<milliseconds>(Clock::now() - begin).count();
}

void Worker::take_on(const jobs::Lease& lease, Batch& batch) {
  auto job = std::make_unique<Running>(store_, lease, options_);
  try {
    job->request = request_from_json(lease.job.what.request, "[job]");
    batch.push_back(std::move(job));
  } catch (const Error&) {
    failed(*job);
  }
}

std::vector<jobs::Lease> Worker::company_of(const Running& first) {
  try {
    const size_t most = engine_.best_together(first.request);
    if (most > 1) return store_.claim_alike(first.heart.lease(), options_.lease, most - 1);
  } catch (const std::exception& problem) {  // then it is drawn alone, and may say more
    log(LogLevel::kWarning,
        fmt::format(
            "[worker] job {}: no others with it: {}", first.heart.lease().job.id, problem.what()));
  }
  return {};
}

EngineHooks Worker::hooks_of(Running& job) const {
  Heartbeat& heart = job.heart;
  return {.progress = [&heart](const jobs::JobProgress& progress) { heart.tell(progress); },
          .preview =
              [&heart](int index, int step, const std::string& bytes) {
                heart.show({index, step, bytes});
              },
          .cancelled =
              [this, &heart] { return heart.cancel_requested() || heart.lost() || broken_off_; }};
}

void Worker::draw(Batch& batch) {
  const BlobReader blobs = [this](const std::string& digest) { return blobs_.read(digest); };
  std::vector<EngineJob> jobs;
  for (const auto& job : batch) jobs.push_back({job->request, hooks_of(*job)});
  std::vector<std::vector<MadePicture>> made;
  try {
    if (jobs.size() > 1) {
      made = engine_.draw_together(jobs, blobs);
    } else {
      made.push_back(engine_.draw(jobs[0].request, blobs, jobs[0].hooks));
    }
  } catch (const std::exception& problem) {
    if (jobs.size() == 1) return failed(*batch[0]);
    log(LogLevel::kWarning,
        fmt::format("[worker] {} jobs failed together and will be drawn alone: {}",
                    jobs.size(),
                    problem.what()));
    for (const auto& job : batch) {
      until_stored(job->heart,
                   [&] { return store_.give_back(job->heart.lease(), /*alone=*/!broken_off_); });
    }
    return;
  }
  for (size_t k = 0; k < batch.size(); ++k) finish(*batch[k], made.at(k));
}

void Worker::finish(Running& job, const std::vector<MadePicture>& made) {
  if (made.empty() || job.heart.cancel_requested()) return stopped(job);
  const jobs::Lease& lease = job.heart.lease();
  try {
    std::vector<jobs::PictureRow> rows;
    for (const MadePicture& picture : made) {
      const std::string id = blobs_.put(std::as_bytes(std::span(picture.bytes)));
      rows.push_back(row_of(picture, lease.job, job.request, static_cast<int>(rows.size()), id));
    }
    if (until_stored(job.heart, [&] { return store_.complete(lease, rows); })) ++done_;
  } catch (const std::exception&) {
    failed(job);
  }
}

void Worker::stopped(Running& job) {
  until_stored(job.heart, [&] {
    if (job.heart.cancel_requested()) return store_.confirm_cancel(job.heart.lease());
    return job.heart.lost() || store_.give_back(job.heart.lease());
  });
}

// With the exception that is being handled.
void Worker::failed(Running& job) {
  jobs::JobError why;
  try {
    throw;
  } catch (const Error& problem) {
    if (problem.kind() == ErrorKind::kCancelled) return stopped(job);
    why = {std::string(name(problem.kind())), problem.what()};
  } catch (const std::bad_alloc&) {
    why = {std::string(name(ErrorKind::kOutOfMemory)),
           "[worker] the memory is not enough; ask for a smaller picture"};
  } catch (const std::exception& problem) {
    why = {std::string(name(ErrorKind::kInternal)), problem.what()};
  }
  ++failed_;
  until_stored(job.heart, [&] { return store_.fail(job.heart.lease(), why); });
}

}  // namespace lienzo::service
