#pragma once

#include <span>

#include "lienzo/base/json.h"
#include "lienzo/http/context.h"
#include "lienzo/jobs/job.h"

/// The objects of the native API; docs/http_api.md.
namespace lienzo::http {

Json job_json(Context& context, const jobs::Job& job);
/// Of all of them, with one question to the store.
Json jobs_json(Context& context, std::span<const jobs::Job> jobs);
Json picture_json(const jobs::PictureRow& picture);
Json model_json(const service::ModelFacts& model, bool is_default);

}  // namespace lienzo::http
