#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <span>
#include <vector>

#include "lienzo/http/finished.h"
#include "lienzo/http/sdapi.h"
#include "lienzo/http/sdapi_names.h"
#include "lienzo/http/sdapi_request.h"
#include "lienzo/image/io.h"
#include "lienzo/provenance/record.h"

namespace lienzo::http {
namespace {

Json or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(); }

// What the picture says of itself, as AUTOMATIC1111 writes it.
std::string infotext(const FinishedPicture& picture) {
  const auto texts = image::decode_image_text(std::as_bytes(std::span(picture.bytes)));
  const auto found = texts.find(std::string(provenance::kParametersKey));
  return found == texts.end() ? std::string() : found->second;
}

// "20261130033340", local as there.
std::string timestamp(jobs::Millis since_1970) {
  const std::time_t seconds = since_1970 / 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:%Y%m%d%H%M%S}", local);
}

std::string sampler_label(const std::string& ours) {
  for (const SdSampler& row : sd_samplers()) {
    if (row.ours == ours) return std::string(row.name);
  }
  return ours;
}

// The text that the answer carries under "info": what was drawn, from the job.
std::string info(const SdApiRequest& request,
                 const service::DrawRequest& drawn,
                 const jobs::Job& job,
                 const std::vector<FinishedPicture>& pictures) {
  Json prompts = Json::array(), negatives = Json::array(), seeds = Json::array();
  Json subseeds = Json::array(), texts = Json::array();
  for (const FinishedPicture& picture : pictures) {
    prompts.push_back(picture.row.prompt);
    negatives.push_back(picture.row.negative_prompt);
    seeds.push_back(picture.row.seed);
    subseeds.push_back(request.fields.whole("subseed"));
    texts.push_back(infotext(picture));
  }
  const Json width = pictures.empty() ? Json(drawn.width) : Json(pictures[0].row.width);
  const Json height = pictures.empty() ? Json(drawn.height) : Json(pictures[0].row.height);
  const Json strength = drawn.hires      ? Json(drawn.hires->strength)
                        : drawn.strength ? Json(*drawn.strength)
                                         : Json();
  const Json info = {
      {"prompt", drawn.prompt},
      {"all_prompts", prompts},
      {"negative_prompt", drawn.negative_prompt},
      {"all_negative_prompts", negatives},
      {"seed", drawn.seed.value_or(0)},
      {"all_seeds", seeds},
      {"subseed", request.fields.whole("subseed")},
      {"all_subseeds", subseeds},
      {"subseed_strength", 0},
      {"width", width},
      {"height", height},
      {"sampler_name", sampler_label(drawn.sampler)},
      {"cfg_scale", drawn.guidance ? Json(*drawn.guidance) : Json()},
      {"steps", drawn.steps},
      {"batch_size", request.fields.whole("batch_size")},
      {"restore_faces", false},
      {"face_restoration_model", nullptr},
      {"sd_model_name", request.model.id},
      {"sd_model_hash", or_null(short_hash(request.model))},
      {"sd_vae_name", nullptr},
      {"sd_vae_hash", nullptr},
      {"seed_resize_from_w", -1},
      {"seed_resize_from_h", -1},
      {"denoising_strength", strength},
      {"extra_generation_params", Json::object()},
      {"index_of_first_image", 0},
      {"infotexts", texts},
      {"styles", request.fields["styles"].is_array() ? request.fields["styles"] : Json::array()},
      {"job_timestamp", timestamp(job.created)},
      {"clip_skip", std::max(drawn.clip_skip, 1)},
      {"is_using_inpainting_conditioning", false},
      {"version", provenance::Record::program_version()}};
  return info.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

// The request as it came; a model's own values where the client left them to it.
Json echo(const SdApiRequest& request, const service::DrawRequest& drawn) {
  Json parameters = request.fields.values();
  const auto own = [&](const char* name, const Json& value) {
    if (!request.fields.given(name)) parameters[name] = value;
  };
  own("steps", drawn.steps);
  own("width", drawn.width);
  own("height", drawn.height);
  if (drawn.guidance) own("cfg_scale", *drawn.guidance);
  own("sampler_name", sampler_label(drawn.sampler));
  if (request.with_picture && !request.fields.flag("include_init_images")) {
    parameters["init_images"] = nullptr;
    parameters["mask"] = nullptr;
  }
  return parameters;
}

}  // namespace

Reply sdapi_draw(SdApi& api, const Call& call, bool with_picture) {
  Context& context = api.context;
  const SdApiRequest request = read_sdapi_request(context, api.options, call, with_picture);
  const jobs::Job queued = submit(context, call.caller, request.draw, "sdapi");
  const std::string task = request.fields.text("force_task_id");
  if (!task.empty()) api.tasks.remember(call.caller.owner, task, queued.id);

  const jobs::Job job = wait_until_final(context, queued.id);
  // Interrupted, there are no pictures in the answer; it is no error there.
  std::vector<FinishedPicture> pictures;
  if (job.state != jobs::JobState::kCancelled) pictures = finished_pictures(context, job);
  const service::DrawRequest drawn = service::request_from_json(job.what.request, "[job]");
  Json images = Json::array();
  if (request.fields.flag("send_images")) {
    for (const FinishedPicture& picture : pictures) images.push_back(encode_base64(picture.bytes));
  }
  return Reply::json({{"images", images},
                      {"parameters", echo(request, drawn)},
                      {"info", info(request, drawn, job, pictures)}});
}

}  // namespace lienzo::http
