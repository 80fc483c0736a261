#pragma once

#include <cstddef>
#include <string>

#include "lienzo/hub/http_session.h"
#include "lienzo/hub/retry.h"

namespace lienzo::hub {

struct HttpText {
  HttpResponse response;
  std::string body;
};

/// A small document, kept in memory and tried again as with_retries does. Throws Error(kCorrupt)
/// for more than `max_bytes`; as with_retries, and for a status other than 2xx as throw_status.
HttpText get_text(HttpSession& session,
                  const HttpRequest& request,
                  size_t max_bytes,
                  const std::string& page,
                  const RetryPolicy& policy,
                  const Cancelled& cancelled);

}  // namespace lienzo::hub
