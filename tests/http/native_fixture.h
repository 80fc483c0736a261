#pragma once

#include <string>

#include "dialect_fixture.h"

namespace lienzo::http {

/// The native routes, called as `caller_`.
class NativeTest : public DialectTest {
 protected:
  NativeTest() : DialectTest(Dialect::kNative) {}

  /// A call without a body, or with one that is no JSON.
  Reply send(const std::string& method, const std::string& path, const std::string& body = {});
  /// The job that a request became; "prompt" is filled in.
  Json submitted(Json request);
  Json job(const std::string& id) { return good(get("/api/v1/jobs/" + id)); }
  /// The job once it is over.
  Json finished(const std::string& id);
  /// A picture of the gallery, made for whoever calls.
  Json drawn(Json request = Json::object()) { return finished(submitted(request)["id"]); }
  /// What POST /api/v1/uploads answers.
  Json uploaded(const std::string& bytes);
  /// Whether an error has that status, code and field ("": none), and is whole.
  void expect_refused(const Reply& reply, int status, const Json& code, const std::string& field);
  /// The same of POST /api/v1/jobs; returns the message.
  std::string refused(Json request, int status, const Json& code, const std::string& field);
};

}  // namespace lienzo::http
