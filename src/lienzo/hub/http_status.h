#pragma once

#include <string>

#include "lienzo/hub/http_session.h"

namespace lienzo::hub {

/// Throws what an answer that is no success means to a person: Error(kNotFound) for 404 and what
/// the hub hides behind 401, Error(kIo) for a missing permission and the rest. `page` is where the
/// model can be read about and its licence accepted, may be empty; `with_token`: whether a token
/// was sent. Reads the hub's headers X-Error-Code and X-Error-Message (huggingface_hub,
/// utils/_http.py).
[[noreturn]] void throw_status(const HttpResponse& response,
                               const std::string& page,
                               bool with_token);

}  // namespace lienzo::hub
