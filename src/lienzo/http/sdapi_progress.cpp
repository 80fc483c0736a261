#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "lienzo/http/http_error.h"
#include "lienzo/http/sdapi.h"
#include "lienzo/http/sdapi_fields.h"

namespace lienzo::http {
namespace {

using enum FieldType;

// The caller's jobs of this dialect in a state, oldest first.
std::vector<jobs::Job> own_jobs(SdApi& api, const Call& call, jobs::JobState state) {
  std::vector<jobs::Job> found = api.context.store.list({.owner = call.caller.owner,
                                                         .state = state,
                                                         .changed_after = {},
                                                         .before = {},
                                                         .limit = 500});
  std::erase_if(found, [](const jobs::Job& job) { return job.what.dialect != "sdapi"; });
  std::reverse(found.begin(), found.end());
  return found;
}

Json picture_so_far(SdApi& api, const jobs::Job& job) {
  const auto preview = api.context.store.preview(job.id);
  return preview ? Json(encode_base64(preview->bytes)) : Json();
}

std::optional<jobs::Job> job_of_task(SdApi& api, const Call& call, const std::string& task) {
  const std::string id = api.tasks.job(call.caller.owner, task).value_or(task);
  std::optional<jobs::Job> job = api.context.store.find(id);
  if (job && job->what.owner != call.caller.owner) return std::nullopt;
  return job;
}

constexpr FieldRow kTaskFields[] = {
    {"id_task", kText}, {"id_live_preview", kWhole, "-1"}, {"live_preview", kFlag, "true"}};

}  // namespace

void TaskIds::remember(const std::string& owner, const std::string& task, const std::string& job) {
  constexpr size_t kMost = 1000;
  const std::scoped_lock lock(mutex_);
  const std::pair key(owner, task);
  if (const auto before = jobs_.find(key); before != jobs_.end()) {
    tasks_.erase(before->second);
  } else {
    order_.push_back(key);
  }
  jobs_[key] = job;
  tasks_[job] = task;
  if (order_.size() <= kMost) return;
  tasks_.erase(jobs_[order_.front()]);
  jobs_.erase(order_.front());
  order_.pop_front();
}

std::optional<std::string> TaskIds::job(const std::string& owner, const std::string& task) const {
  const std::scoped_lock lock(mutex_);
  const auto found = jobs_.find({owner, task});
  return found == jobs_.end() ? std::nullopt : std::optional(found->second);
}

std::string TaskIds::task(const std::string& job) const {
  const std::scoped_lock lock(mutex_);
  const auto found = tasks_.find(job);
  return found == tasks_.end() ? job : found->second;
}

Reply sdapi_progress(SdApi& api, const Call& call) {
  const auto skip = call.query.find("skip_current_image");
  const bool with_picture =
      skip == call.query.end() || (skip->second != "true" && skip->second != "1");
  const std::vector<jobs::Job> running = own_jobs(api, call, jobs::JobState::kRunning);
  const auto waiting = own_jobs(api, call, jobs::JobState::kQueued).size();
  Json state = {{"skipped", false},
                {"interrupted", false},
                {"stopping_generation", false},
                {"job", ""},
                {"job_count", waiting},
                {"job_timestamp", "0"},
                {"job_no", 0},
                {"sampling_step", 0},
                {"sampling_steps", 0}};
  Json answer = {{"progress", 0.0},
                 {"eta_relative", 0.0},
                 {"state", state},
                 {"current_image", nullptr},
                 {"textinfo", nullptr}};
  if (running.empty()) return Reply::json(answer);
  const jobs::Job& job = running.front();
  const jobs::JobProgress& progress = job.progress;
  state["interrupted"] = state["stopping_generation"] = job.cancel_requested;
  state["job"] = api.tasks.task(job.id);
  state["job_count"] = progress.pictures;
  state["job_timestamp"] = std::to_string(job.started.value_or(job.created));
  state["job_no"] = progress.picture;
  state["sampling_step"] = progress.step;
  state["sampling_steps"] = progress.steps;
  answer["state"] = state;
  // Zero would say that nothing runs.
  answer["progress"] = std::clamp(progress.fraction, 0.01, 1.0);
  answer["eta_relative"] = progress.seconds_left.value_or(0);
  if (with_picture) answer["current_image"] = picture_so_far(api, job);
  return Reply::json(answer);
}

Reply sdapi_interrupt(SdApi& api, const Call& call, const Json& answer) {
  std::vector<jobs::Job> jobs = own_jobs(api, call, jobs::JobState::kRunning);
  if (jobs.empty()) jobs = own_jobs(api, call, jobs::JobState::kQueued);
  if (!jobs.empty()) api.context.store.cancel(jobs.front().id);
  Reply reply;
  reply.body = answer.dump();
  return reply;
}

// modules/progress.py.
Reply sdapi_task_progress(SdApi& api, const Call& call) {
  const SdApiFields fields(call.json(), kTaskFields);
  if (!fields.given("id_task")) reject_field("id_task", "field required", "value_error.missing");
  const auto job = job_of_task(api, call, fields.text("id_task"));
  Json answer = {{"active", job && job->state == jobs::JobState::kRunning},
                 {"queued", job && job->state == jobs::JobState::kQueued},
                 {"completed", job && jobs::is_final(job->state)},
                 {"progress", nullptr},
                 {"eta", nullptr},
                 {"live_preview", nullptr},
                 {"id_live_preview", fields.whole("id_live_preview")},
                 {"textinfo", nullptr}};
  if (!job || jobs::is_final(job->state)) return Reply::json(answer);
  if (job->state == jobs::JobState::kQueued) {
    answer["textinfo"] = job->queue_position ? fmt::format("In queue: {}", *job->queue_position + 1)
                                             : std::string("In queue");
    return Reply::json(answer);
  }
  answer["progress"] = job->progress.fraction;
  if (job->progress.seconds_left) answer["eta"] = *job->progress.seconds_left;
  if (!fields.flag("live_preview")) return Reply::json(answer);
  const auto preview = api.context.store.preview(job->id);
  if (!preview) return Reply::json(answer);
  constexpr int kMostSteps = 10'000;
  const int id = preview->index * kMostSteps + preview->step;
  if (id == fields.whole("id_live_preview")) return Reply::json(answer);
  answer["id_live_preview"] = id;
  answer["live_preview"] = "data:image/webp;base64," + encode_base64(preview->bytes);
  return Reply::json(answer);
}

Reply sdapi_pending_tasks(SdApi& api, const Call& call) {
  Json tasks = Json::array();
  for (const jobs::Job& job : own_jobs(api, call, jobs::JobState::kQueued))
    tasks.push_back(api.tasks.task(job.id));
  return Reply::json({{"size", tasks.size()}, {"tasks", tasks}});
}

}  // namespace lienzo::http
