#pragma once

#include <map>
#include <string>

#include "lienzo/http/context.h"
#include "lienzo/http/route.h"

namespace lienzo::http {

/// A request to one of OpenAI's image routes: what is drawn, and how the answer looks.
struct OpenAiRequest {
  service::DrawRequest draw;
  bool urls = true;  // response_format
  bool stream = false;
  int partial_images = 0;  // 0 to 3
  std::string quality = "auto";
  std::string format = "png";  // as OpenAI names it: png, jpeg, webp
  /// Fields of DrawRequest by the names they had here, for errors: {"count", "n"}.
  std::map<std::string, std::string> names;
};

/// POST /v1/images/generations. Throws HttpError naming the field.
OpenAiRequest read_generation(Context& context, const Call& call);
/// POST /v1/images/edits, as a form or in JSON; keeps the pictures. Throws as read_generation.
OpenAiRequest read_edit(Context& context, const Call& call);
/// POST /v1/images/variations. Throws as read_generation.
OpenAiRequest read_variation(Context& context, const Call& call);

/// The job of a request. Throws as submit(), with the field named as the client did.
jobs::Job submit_openai(Context& context, const Call& call, const OpenAiRequest& request);

/// Throws HttpError(404, "model_not_found") listing the models when `id` is none.
service::ModelFacts openai_model(Context& context, const std::string& id);

}  // namespace lienzo::http
