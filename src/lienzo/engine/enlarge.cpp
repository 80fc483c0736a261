#include "lienzo/base/field_error.h"
#include "lienzo/engine/draw.h"

namespace lienzo::engine {

using service::MadePicture;

std::vector<MadePicture> enlarge(const service::DrawRequest& request,
                                 const service::BlobReader& blobs,
                                 pipelines::PictureUpscaler* upscaler,
                                 const service::EngineHooks& hooks) {
  const std::string bytes = blobs(request.picture);
  const image::Image small = decode(bytes, /*keep_alpha=*/true);
  const int width = pipelines::enlarged_side(small.width, request.scale);
  const int height = pipelines::enlarged_side(small.height, request.scale);
  if (int64_t{width} * height > int64_t{64} << 20) {
    throw FieldError(ErrorKind::kInvalidInput,
                     "[upscale] the result has " + std::to_string(width) + "x" +
                         std::to_string(height) + " pixels, expected at most 64 million in all",
                     "scale");
  }
  const image::Image larger =
      pipelines::enlarge(small,
                         request.scale,
                         upscaler,
                         {.progress = progress_sink(request, hooks), .cancelled = hooks.cancelled});
  provenance::Record record = record_of(bytes).value_or(provenance::Record{});
  if (!request.prompt.empty()) record.prompt = request.prompt;
  pipelines::record_enlargement(record, larger, request.scale, upscaler);
  record.extra["enlarged"]["from"] = request.picture;
  return {encode(larger, record, request.output)};
}

}  // namespace lienzo::engine
