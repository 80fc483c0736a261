#pragma once

#include "lienzo/http/context.h"
#include "lienzo/http/openai_request.h"
#include "lienzo/http/route.h"

namespace lienzo::http {

/// Server-sent events of a job: `event`.partial_image, as evenly spread as previews come, then
/// `event`.completed for each picture; or one event "error". When the client goes away, the job is
/// cancelled. `event` is "image_generation" or "image_edit".
Reply stream_pictures(Context& context,
                      const OpenAiRequest& request,
                      const jobs::Job& job,
                      const std::string& event);

/// Nothing here is counted in tokens: zeros.
Json openai_usage();

/// Seconds since 1970.
int64_t unix_time();

}  // namespace lienzo::http
