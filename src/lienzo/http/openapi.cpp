#include "lienzo/http/openapi.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "lienzo/base/version.h"

namespace lienzo::http {
namespace {

const std::map<std::string, std::string> kMeanings = {{"200", "As asked"},
                                                      {"201", "Kept"},
                                                      {"202", "Accepted"},
                                                      {"204", "Done"},
                                                      {"400", "A value is wrong"},
                                                      {"401", "A key is needed"},
                                                      {"403", "Not with this key"},
                                                      {"404", "Not there"},
                                                      {"409", "Not now"},
                                                      {"413", "Too large"},
                                                      {"415", "Not this type of body"},
                                                      {"422", "The model cannot do this"},
                                                      {"429", "Too much; see Retry-After"},
                                                      {"503", "Not available now"}};

Json answer(const std::string& status, const Json& schema) {
  Json result = {{"description", kMeanings.at(status)}};
  if (schema.is_null()) return result;
  if (schema.contains("content")) {
    result["content"] = schema["content"];
  } else if (status >= "400") {
    result["content"] = {
        {"application/json", {{"schema", {{"$ref", "#/components/schemas/Error"}}}}}};
  } else {
    result["content"] = {{"application/json", {{"schema", schema}}}};
  }
  return result;
}

Json operation(const Route& route) {
  Json result = {{"summary", route.doc.summary}};
  if (!route.doc.parameters.empty()) result["parameters"] = route.doc.parameters;
  if (!route.doc.request.is_null()) {
    result["requestBody"] = {{"required", true},
                             {"content", {{"application/json", {{"schema", route.doc.request}}}}}};
  }
  Json responses = Json::object();
  for (const auto& item : route.doc.responses.items())
    responses[item.key()] = answer(item.key(), item.value());
  const auto may = [&](const char* status) {
    if (!responses.contains(status)) responses[status] = answer(status, Json::object());
  };
  if (!route.doc.request.is_null()) {
    for (const char* status : {"400", "413", "415"}) may(status);
  }
  if (!route.doc.parameters.empty()) may("400");
  if (route.pattern.find('{') != std::string::npos) may("404");
  if (route.scope != Scope::kOpen) {
    for (const char* status : {"401", "403", "429"}) may(status);
  } else if (!route.doc.request.is_null()) {
    may("401");
  }
  result["responses"] = responses;
  if (route.scope != Scope::kOpen) result["security"] = {{{"key", Json::array()}}, Json::object()};
  return result;
}

}  // namespace

Json openapi_document(const Routes& routes) {
  Json paths = Json::object();
  for (const Route& route : routes) {
    if (!route.doc.listed || route.doc.responses.is_null()) continue;
    std::string method = route.method;
    std::transform(method.begin(), method.end(), method.begin(), [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
    paths[route.pattern][method] = operation(route);
  }
  const Json error = {{"type", "object"},
                      {"required", {"error"}},
                      {"properties",
                       {{"error",
                         {{"type", "object"},
                          {"required", {"code", "message"}},
                          {"properties",
                           {{"code", {{"type", "string"}}},
                            {"message", {{"type", "string"}}},
                            {"field", {{"type", "string"}}}}}}}}}};
  return {{"openapi", "3.1.0"},
          {"info",
           {{"title", "Lienzo"},
            {"version", lienzo::version()},
            {"description",
             "Words into pictures. Server-sent events, uploads and the dialects of other "
             "programs are described in docs/http_api.md."}}},
          {"paths", paths},
          {"components",
           {{"schemas", {{"Error", error}}},
            {"securitySchemes", {{"key", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
}

Route openapi_route(const Routes& routes) {
  const Json document = openapi_document(routes);
  return {"GET",
          "/api/v1/openapi.json",
          Scope::kOpen,
          [document](const Call&) { return Reply::json(document); },
          {.summary = "This document", .listed = false}};
}

}  // namespace lienzo::http
