#include "lienzo/http/native_json.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

namespace lienzo::http {

namespace {
Json optional_time(const std::optional<jobs::Millis>& time) { return time ? Json(*time) : Json(); }

Json with_pictures(const jobs::Job& job, const Json& pictures) {
  const jobs::JobProgress& progress = job.progress;
  return {{"id", job.id},
          {"state", name(job.state)},
          {"task", job.what.request.value("task", "imagine")},
          {"model", job.what.model},
          {"dialect", job.what.dialect},
          {"request", job.what.request},
          {"priority", job.what.priority},
          {"created", job.created},
          {"started", optional_time(job.started)},
          {"finished", optional_time(job.finished)},
          {"attempts", job.attempts},
          {"cancel_requested", job.cancel_requested},
          {"queue_position", job.queue_position ? Json(*job.queue_position) : Json()},
          {"progress",
           {{"stage", progress.stage},
            {"step", progress.step},
            {"steps", progress.steps},
            {"picture", progress.picture},
            {"pictures", progress.pictures},
            {"fraction", progress.fraction},
            {"seconds_left", progress.seconds_left ? Json(*progress.seconds_left) : Json()}}},
          {"error",
           job.error ? Json{{"kind", job.error->kind}, {"message", job.error->message}} : Json()},
          {"preview_url",
           job.has_preview ? Json(fmt::format("/api/v1/jobs/{}/preview", job.id)) : Json()},
          {"pictures", pictures},
          {"tags", job.what.tags}};
}

}  // namespace

Json picture_json(const jobs::PictureRow& picture) {
  const std::string url = fmt::format("/api/v1/pictures/{}", picture.id);
  return {{"id", picture.id},
          {"job", picture.job},
          {"index", picture.index},
          {"width", picture.width},
          {"height", picture.height},
          {"format", picture.format},
          {"bytes", picture.bytes},
          {"prompt", picture.prompt},
          {"negative_prompt", picture.negative_prompt},
          {"model", picture.model},
          {"seed", picture.seed},
          {"created", picture.created},
          {"tags", picture.tags},
          {"record", picture.record},
          {"url", url + "/file"},
          {"thumbnail_url", url + "/thumbnail"}};
}

Json job_json(Context& context, const jobs::Job& job) {
  return jobs_json(context, std::span(&job, 1))[0];
}

Json jobs_json(Context& context, std::span<const jobs::Job> jobs) {
  std::vector<std::string> ids;
  for (const jobs::Job& job : jobs) {
    if (!job.pictures.empty()) ids.push_back(job.id);
  }
  std::map<std::string, Json> pictures;
  if (!ids.empty()) {
    for (const jobs::PictureRow& row : context.store.pictures_of(ids))
      pictures[row.job].push_back(picture_json(row));
  }
  Json list = Json::array();
  for (const jobs::Job& job : jobs) {
    const auto found = pictures.find(job.id);
    list.push_back(with_pictures(job, found == pictures.end() ? Json::array() : found->second));
  }
  return list;
}

Json model_json(const service::ModelFacts& model, bool is_default) {
  Json tasks = Json::array();
  for (const service::Task task : model.tasks) tasks.push_back(name(task));
  return {{"id", model.id},
          {"name", model.name},
          {"family", model.family},
          {"note", model.note},
          {"tasks", tasks},
          {"samplers", model.samplers},
          {"schedules", model.schedules},
          {"width", model.width},
          {"height", model.height},
          {"smallest", model.smallest},
          {"largest", model.largest},
          {"multiple", model.multiple},
          {"square_only", model.square_only},
          {"steps", model.steps},
          {"most_steps", model.most_steps},
          {"guidance", model.guidance},
          {"negative_prompt", model.negative_prompt},
          {"enlarges", model.enlarges},
          {"bytes", model.bytes},
          {"loaded", model.loaded},
          {"default", is_default}};
}

}  // namespace lienzo::http
