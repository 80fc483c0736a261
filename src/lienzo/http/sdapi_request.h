#pragma once

#include <string>

#include "lienzo/http/context.h"
#include "lienzo/http/route.h"
#include "lienzo/http/sdapi_fields.h"
#include "lienzo/http/sdapi_options.h"

namespace lienzo::http {

/// A request to txt2img or img2img: what is drawn, and how the answer looks.
struct SdApiRequest {
  service::DrawRequest draw;
  SdApiFields fields;  // as the client gave them, the rest as it counts
  Json options;        // with the overrides
  service::ModelFacts model;
  bool with_picture = false;  // img2img
};

/// Reads the body of a call to txt2img, or with `with_picture` to img2img, whose pictures are kept.
/// Throws FieldProblems for what is no field, of a wrong type or something that cannot be done
/// here; HttpError(404) "Init image not found", HttpError(400) "Sampler not found".
SdApiRequest read_sdapi_request(Context& context,
                                SdApiOptions& options,
                                const Call& call,
                                bool with_picture);

/// The name that a field of DrawRequest has in this dialect.
std::string sdapi_name(const std::string& field);

}  // namespace lienzo::http
