#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lienzo/http/context.h"

namespace lienzo::http {

/// The request of POST /api/v1/jobs: pictures that are in it are kept and become ids; ids must be
/// of an upload or of the caller's gallery. Throws HttpError and FieldError.
service::DrawRequest native_request(Context& context, const Caller& caller, Json json);

/// The prompt and the limit of POST /api/v1/prompts/expand.
std::pair<std::string, size_t> expand_request(const Json& json);

/// The choices of a wildcard file, one a line; empty lines and those that begin with '#' are left
/// out. Nothing when there is none of that name.
std::optional<std::vector<std::string>> wildcard_lines(const std::filesystem::path& folder,
                                                       const std::string& name);
std::vector<std::string> wildcard_names(const std::filesystem::path& folder);

}  // namespace lienzo::http
