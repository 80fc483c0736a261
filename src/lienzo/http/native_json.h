#pragma once

#include "lienzo/base/json.h"
#include "lienzo/http/context.h"
#include "lienzo/jobs/job.h"

/// The objects of the native API; docs/http_api.md.
namespace lienzo::http {

Json job_json(Context& context, const jobs::Job& job);
Json picture_json(const jobs::PictureRow& picture);
Json model_json(const service::ModelFacts& model, bool is_default);

}  // namespace lienzo::http
