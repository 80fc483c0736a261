#include "lienzo/http/finished.h"

#include <fmt/format.h>

#include <array>

#include "lienzo/http/http_error.h"

namespace lienzo::http {
namespace {

constexpr std::array kKinds = {ErrorKind::kInvalidInput,
                               ErrorKind::kNotFound,
                               ErrorKind::kCorrupt,
                               ErrorKind::kUnsupported,
                               ErrorKind::kOutOfMemory,
                               ErrorKind::kIo,
                               ErrorKind::kCancelled};

[[noreturn]] void throw_failure(const jobs::Job& job) {
  if (job.state == jobs::JobState::kCancelled) {
    throw HttpError(
        400, "cancelled", fmt::format("[job] {} was cancelled before it was done", job.id));
  }
  const jobs::JobError error = job.error.value_or(jobs::JobError{"", "[job] failed"});
  for (const ErrorKind kind : kKinds) {
    if (name(kind) == error.kind) throw Error(kind, error.message);
  }
  throw Error(ErrorKind::kInternal, error.message);
}

}  // namespace

std::vector<FinishedPicture> finished_pictures(Context& context, const jobs::Job& job) {
  if (job.state != jobs::JobState::kDone) throw_failure(job);
  std::vector<FinishedPicture> pictures;
  for (const std::string& id : job.pictures) {
    std::optional<jobs::PictureRow> row = context.store.find_picture(job.what.owner, id);
    if (!row) {
      throw HttpError(404, "not_found", fmt::format("[job] picture {} was removed meanwhile", id));
    }
    pictures.push_back({*std::move(row), context.blobs.read(id)});
  }
  return pictures;
}

}  // namespace lienzo::http
