#pragma once

#include <string>
#include <vector>

#include "lienzo/http/context.h"

namespace lienzo::http {

/// A picture of a job that is done, with the bytes of its file.
struct FinishedPicture {
  jobs::PictureRow row;
  std::string bytes;
};

/// The pictures of a final job, in order. Throws what the job failed with, HttpError(400,
/// "cancelled") for one that was cancelled, HttpError(404) when a picture was removed meanwhile.
std::vector<FinishedPicture> finished_pictures(Context& context, const jobs::Job& job);

}  // namespace lienzo::http
