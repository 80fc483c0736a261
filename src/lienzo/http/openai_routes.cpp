#include "lienzo/http/openai_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "lienzo/http/finished.h"
#include "lienzo/http/http_error.h"
#include "lienzo/http/openai_request.h"
#include "lienzo/http/openai_stream.h"

namespace lienzo::http {
namespace {

// Where the client reached this server, as it said itself; "" when it said nothing usable, so that
// addresses are relative then.
std::string origin_of(const Call& call) {
  const std::string host = call.header("Host");
  const bool plain = std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']' || c == '_';
  });
  if (host.empty() || !plain) return "";
  const bool tls = call.header("X-Forwarded-Proto") == "https";
  return fmt::format("{}://{}", tls ? "https" : "http", host);
}

Reply pictures_reply(Context& context,
                     const Call& call,
                     const OpenAiRequest& request,
                     const jobs::Job& job) {
  Json data = Json::array();
  std::string size;
  for (const FinishedPicture& picture : finished_pictures(context, job)) {
    size = fmt::format("{}x{}", picture.row.width, picture.row.height);
    if (request.urls) {
      data.push_back(
          {{"url", fmt::format("{}/api/v1/pictures/{}/file", origin_of(call), picture.row.id)}});
    } else {
      data.push_back({{"b64_json", encode_base64(picture.bytes)}});
    }
  }
  Json body = {{"created", unix_time()},
               {"data", data},
               {"background", "opaque"},
               {"output_format", request.format},
               {"size", size}};
  // The answer's schema knows no "auto" nor DALL-E's names.
  if (request.quality != "auto" && request.quality != "standard" && request.quality != "hd")
    body["quality"] = request.quality;
  body["usage"] = openai_usage();
  return Reply::json(body);
}

Reply draw(Context& context,
           const Call& call,
           const OpenAiRequest& request,
           const std::string& event) {
  const jobs::Job job = submit_openai(context, call, request);
  if (request.stream) return stream_pictures(context, request, job, event);
  return pictures_reply(context, call, request, wait_until_final(context, job.id));
}

Json model_json(const service::ModelFacts& model) {
  return {{"id", model.id}, {"object", "model"}, {"created", 0}, {"owned_by", "lienzo"}};
}

Reply models(Context& context) {
  Json data = Json::array();
  for (const service::ModelFacts& model : context.engine.models())
    data.push_back(model_json(model));
  return Reply::json({{"object", "list"}, {"data", data}});
}

RouteDoc doc(const std::string& summary) {
  RouteDoc doc;
  doc.summary = summary;
  doc.listed = false;
  return doc;
}

}  // namespace

Routes openai_routes(Context& context) {
  return {
      {"POST",
       "/v1/images/generations",
       Scope::kGenerate,
       [&context](const Call& call) {
         return draw(context, call, read_generation(context, call), "image_generation");
       },
       doc("Pictures from words (OpenAI)")},
      {"POST",
       "/v1/images/edits",
       Scope::kGenerate,
       [&context](const Call& call) {
         return draw(context, call, read_edit(context, call), "image_edit");
       },
       doc("A picture changed as words say (OpenAI)")},
      {"POST",
       "/v1/images/variations",
       Scope::kGenerate,
       [&context](const Call& call) {
         return draw(context, call, read_variation(context, call), "image_generation");
       },
       doc("Variations of a picture (OpenAI)")},
      {"GET",
       "/v1/models",
       Scope::kRead,
       [&context](const Call&) { return models(context); },
       doc("The models (OpenAI)")},
      {"GET",
       "/v1/models/{id}",
       Scope::kRead,
       [&context](const Call& call) {
         return Reply::json(model_json(openai_model(context, call.variables.at(0))));
       },
       doc("One model (OpenAI)")},
  };
}

}  // namespace lienzo::http
