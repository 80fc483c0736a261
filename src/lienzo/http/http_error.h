#pragma once

#include <string>

#include "lienzo/base/error.h"
#include "lienzo/http/route.h"

namespace lienzo::http {

/// An error that knows its status; any other lienzo::Error gets the status of its kind.
struct HttpError : Error {
  HttpError(int status, std::string code, const std::string& message, std::string field = {});

  int status;
  std::string code;        // "rate_limited"
  std::string field;       // of the request at fault; may be empty
  double retry_after = 0;  // seconds; 0: none
};

/// What any exception becomes in a dialect: status, error object, Retry-After. An exception that is
/// no lienzo::Error says nothing about itself to clients ("internal error", 500).
Reply error_reply(const std::exception& problem, Dialect dialect);

}  // namespace lienzo::http
