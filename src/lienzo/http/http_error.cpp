#include "lienzo/http/http_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lienzo/base/field_error.h"
#include "lienzo/jobs/commit_in_doubt.h"

namespace lienzo::http {
namespace {

ErrorKind kind_of(int status) {
  if (status == 404) return ErrorKind::kNotFound;
  if (status == 422) return ErrorKind::kUnsupported;
  return status < 500 ? ErrorKind::kInvalidInput : ErrorKind::kInternal;
}

struct Facts {
  int status = 500;
  std::string code = "internal";
  std::string message = "[server] internal error; the server's log says more";
  std::string field;
  double retry_after = 0;
};

Facts facts_of(const std::exception& problem) {
  Facts facts;
  const auto* error = dynamic_cast<const Error*>(&problem);
  if (error == nullptr) return facts;
  facts.message = error->what();
  if (const auto* known = dynamic_cast<const HttpError*>(error)) {
    facts.status = known->status;
    facts.code = known->code;
    facts.field = known->field;
    facts.retry_after = known->retry_after;
    return facts;
  }
  if (const auto* field = dynamic_cast<const FieldError*>(error)) facts.field = field->field();
  switch (error->kind()) {
    case ErrorKind::kInvalidInput: facts.status = 400, facts.code = "invalid_input"; break;
    case ErrorKind::kNotFound: facts.status = 404, facts.code = "not_found"; break;
    case ErrorKind::kUnsupported: facts.status = 422, facts.code = "unsupported"; break;
    case ErrorKind::kCorrupt: facts.status = 400, facts.code = "corrupt"; break;
    case ErrorKind::kOutOfMemory: facts.status = 503, facts.code = "out_of_memory"; break;
    case ErrorKind::kCancelled: facts.status = 409, facts.code = "cancelled"; break;
    // The disk or the store: nothing a client did, and paths are not for them to see.
    case ErrorKind::kIo:
      facts.status = 503, facts.code = "unavailable";
      facts.message =
          dynamic_cast<const jobs::CommitInDoubt*>(error) != nullptr
              ? "[server] lost its data while it accepted this, which may have been accepted or "
                "not; look before sending it again"
              : "[server] cannot read or write its data now; try again later";
      facts.retry_after = 5;
      break;
    case ErrorKind::kInternal:
      facts.message = "[server] internal error; the server's log says more";
      break;
  }
  return facts;
}

Json openai_error(const Facts& facts) {
  const char* type = "invalid_request_error";
  if (facts.status == 401) type = "authentication_error";
  if (facts.status == 403) type = "permission_error";
  if (facts.status == 429) type = "rate_limit_error";
  if (facts.status >= 500) type = "server_error";
  return {{"error",
           {{"message", facts.message},
            {"type", type},
            {"param", facts.field.empty() ? Json() : Json(facts.field)},
            {"code", facts.code}}}};
}

Json sdapi_error(const Facts& facts) {
  // The web interface's own handler of exceptions has these four.
  return {{"error", "HTTPException"},
          {"detail", facts.message},
          {"body", ""},
          {"errors", facts.message}};
}

Json native_error(const Facts& facts) {
  Json error = {{"code", facts.code}, {"message", facts.message}};
  if (!facts.field.empty()) error["field"] = facts.field;
  return {{"error", error}};
}

}  // namespace

HttpError::HttpError(int status, std::string code, const std::string& message, std::string field)
    : Error(kind_of(status), message),
      status(status),
      code(std::move(code)),
      field(std::move(field)) {}

Reply error_reply(const std::exception& problem, Dialect dialect) {
  const Facts facts = facts_of(problem);
  Json body;
  switch (dialect) {
    case Dialect::kNative: body = native_error(facts); break;
    case Dialect::kOpenAi: body = openai_error(facts); break;
    case Dialect::kSdApi: body = sdapi_error(facts); break;
  }
  Reply reply = Reply::json(body, facts.status);
  if (facts.retry_after > 0) {
    reply.headers.emplace_back(
        "Retry-After",
        fmt::format("{}", std::max(1, static_cast<int>(std::ceil(facts.retry_after)))));
  }
  if (facts.status == 401) reply.headers.emplace_back("WWW-Authenticate", "Bearer");
  return reply;
}

}  // namespace lienzo::http
