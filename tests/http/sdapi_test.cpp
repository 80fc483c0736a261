#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>

#include "../hub/test_server.h"
#include "dialect_fixture.h"
#include "lienzo/http/sdapi_routes.h"
#include "lienzo/image/metadata.h"

namespace lienzo::http {
namespace {

using service::Task;

constexpr const char* kWords = "/sdapi/v1/txt2img";
constexpr const char* kPicture = "/sdapi/v1/img2img";

std::string base64_picture(int width, int height, uint8_t value = 128, int channels = 3) {
  return encode_base64(flat_picture(width, height, value, channels));
}

// White where it is left of the middle.
image::Image half_mask(int width, int height) {
  image::Image mask(width, height, 1);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width / 2; ++x) *mask.at(x, y) = 255;
  }
  return mask;
}

Json with(Json body, const Json& more) {
  body.update(more);
  return body;
}

class SdApiTest : public DialectTest {
 protected:
  SdApiTest() : DialectTest(Dialect::kSdApi) {}

  void use(const std::string& model) {
    const Reply reply = post("/sdapi/v1/options", {{"sd_model_checkpoint", model}});
    EXPECT_EQ(reply.body, "null");
  }
  // Field and type of the first problem that FastAPI's form tells.
  void expect_invalid(const Reply& reply,
                      const Json& field,
                      const std::string& type = "value_error") {
    EXPECT_EQ(reply.status, 422) << reply.body;
    const Json detail = Json::parse(reply.body).value("detail", Json());
    ASSERT_TRUE(detail.is_array() && !detail.empty()) << reply.body;
    EXPECT_EQ(detail[0]["loc"], (Json{"body", field})) << reply.body;
    EXPECT_EQ(detail[0]["type"], type) << reply.body;
    EXPECT_FALSE(detail[0]["msg"].get<std::string>().empty());
  }
  void expect_error(const Reply& reply, int status, const std::string& detail) {
    EXPECT_EQ(reply.status, status) << reply.body;
    const Json body = Json::parse(reply.body);
    EXPECT_EQ(body.value("error", ""), "HTTPException");
    EXPECT_THAT(body.value("detail", ""), testing::StartsWith(detail));
    EXPECT_TRUE(body.contains("body") && body.contains("errors"));
  }
  Json edit(const Json& more = Json::object()) {
    return with({{"prompt", "a"},
                 {"init_images", {base64_picture(96, 64)}},
                 {"width", 96},
                 {"height", 64},
                 {"steps", 2},
                 {"override_settings", {{"sd_model_checkpoint", "sd"}}}},
                more);
  }
};

TEST_F(SdApiTest, DrawsWithTheModelsOwnDefaults) {
  const Json answer = good(post(kWords, {{"prompt", "un cubo rojo"}}));
  ASSERT_EQ(answer["images"].size(), 1u);
  EXPECT_EQ(picture_of(answer["images"][0]).width, 128);
  EXPECT_EQ(engine_.last().steps, 4);
  EXPECT_EQ(engine_.last().noise, "");
  EXPECT_EQ(answer["parameters"]["prompt"], "un cubo rojo");
  EXPECT_EQ(answer["parameters"]["steps"], 4);
  EXPECT_EQ(answer["parameters"]["width"], 128);
  EXPECT_EQ(answer["parameters"]["hr_scale"], 2.0);
  EXPECT_EQ(answer["parameters"]["enable_hr"], false);
}

TEST_F(SdApiTest, DrawsWithTheirDefaultsForStableDiffusion) {
  use("v1-5.safetensors [6ce0161689]");
  good(post(kWords, {{"prompt", "a"}}));
  const service::DrawRequest drawn = engine_.last();
  EXPECT_EQ(drawn.model, "sd");
  EXPECT_EQ(drawn.steps, 50);
  EXPECT_EQ(drawn.guidance, 7.0);
  EXPECT_EQ(drawn.width, 512);
  EXPECT_EQ(drawn.sampler, "euler");
  EXPECT_EQ(drawn.schedule, "normal");
  EXPECT_EQ(drawn.noise, "gpu");
}

TEST_F(SdApiTest, TellsEverythingInInfo) {
  use("sd");
  const Json answer = good(post(kWords,
                                {{"prompt", "a"},
                                 {"negative_prompt", "b"},
                                 {"seed", 5},
                                 {"batch_size", 2},
                                 {"n_iter", 2},
                                 {"steps", 3},
                                 {"width", 64},
                                 {"height", 64},
                                 {"sampler_name", "DPM++ 2M Karras"}}));
  ASSERT_EQ(answer["images"].size(), 4u);
  ASSERT_TRUE(answer["info"].is_string());
  const Json info = Json::parse(answer["info"].get<std::string>());
  for (const char* key : {"prompt",
                          "all_prompts",
                          "negative_prompt",
                          "all_negative_prompts",
                          "seed",
                          "all_seeds",
                          "subseed",
                          "all_subseeds",
                          "subseed_strength",
                          "width",
                          "height",
                          "sampler_name",
                          "cfg_scale",
                          "steps",
                          "batch_size",
                          "restore_faces",
                          "face_restoration_model",
                          "sd_model_name",
                          "sd_model_hash",
                          "sd_vae_name",
                          "sd_vae_hash",
                          "seed_resize_from_w",
                          "seed_resize_from_h",
                          "denoising_strength",
                          "extra_generation_params",
                          "index_of_first_image",
                          "infotexts",
                          "styles",
                          "job_timestamp",
                          "clip_skip",
                          "is_using_inpainting_conditioning",
                          "version"}) {
    EXPECT_TRUE(info.contains(key)) << key;
  }
  EXPECT_EQ(info["all_seeds"], Json({5, 6, 7, 8}));
  EXPECT_EQ(info["all_prompts"].size(), 4u);
  EXPECT_EQ(info["sampler_name"], "DPM++ 2M");
  EXPECT_EQ(info["sd_model_hash"], "6ce0161689");
  EXPECT_EQ(info["job_timestamp"].get<std::string>().size(), 14u);
  const std::string text = info["infotexts"][3];
  EXPECT_TRUE(text.starts_with("a\nNegative prompt: b\nSteps: 3,")) << text;
  EXPECT_THAT(text, testing::HasSubstr("Seed: 8"));
  EXPECT_EQ(answer["parameters"]["sampler_name"], "DPM++ 2M Karras");

  const Json read = good(post("/sdapi/v1/png-info", {{"image", answer["images"][3]}}));
  EXPECT_EQ(read["info"], text);
  EXPECT_TRUE(read["items"].contains("lienzo"));
  EXPECT_EQ(read["parameters"]["Prompt"], "a");
  EXPECT_EQ(read["parameters"]["Seed"], "8");
  EXPECT_EQ(read["parameters"]["Size-1"], "64");
}

TEST_F(SdApiTest, TakesSamplersByAllTheirNames) {
  use("sd");
  const auto drawn = [&](const Json& names) {
    good(post(kWords, with({{"prompt", "a"}, {"steps", 2}, {"width", 64}, {"height", 64}}, names)));
    return std::pair(engine_.last().sampler, engine_.last().schedule);
  };
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(drawn({{"sampler_name", "DPM++ 2M"}}), Pair("dpmpp_2m", "karras"));
  EXPECT_EQ(drawn({{"sampler_name", "dpm++ 2m exponential"}}), Pair("dpmpp_2m", "exponential"));
  EXPECT_EQ(drawn({{"sampler_name", "k_dpmpp_2m"}, {"scheduler", "Uniform"}}),
            Pair("dpmpp_2m", "normal"));
  EXPECT_EQ(drawn({{"sampler_index", "Euler a"}, {"scheduler", "automatic"}}),
            Pair("euler_ancestral", "normal"));
  EXPECT_EQ(drawn({{"sampler_name", "dpmpp_2m"}, {"scheduler", "Align Your Steps"}}),
            Pair("dpmpp_2m", "align_your_steps"));
  EXPECT_EQ(drawn({{"sampler_name", "DDIM"}}), Pair("ddim", ""));
}

TEST_F(SdApiTest, RefusesSamplersThatThereAreNot) {
  expect_error(
      post(kWords, {{"prompt", "a"}, {"sampler_name", "Magic"}}), 400, "Sampler not found");
  expect_error(
      post(kWords, {{"prompt", "a"}, {"sampler_index", "Euler a"}}), 400, "Sampler not found");
  expect_error(post(kWords, {{"prompt", "a"}, {"scheduler", "magic"}}), 400, "Scheduler not found");
  expect_error(
      post(kWords, {{"prompt", "a"}, {"scheduler", "karras"}}), 400, "Scheduler not found");
}

TEST_F(SdApiTest, AcceptsHarmlessFields) {
  // What webuiapi sends with every request.
  good(post(kWords,
            {{"prompt", "a"},
             {"enable_hr", false},
             {"hr_upscaler", "Latent"},
             {"hr_second_pass_steps", 0},
             {"hr_resize_x", 0},
             {"hr_resize_y", 0},
             {"hr_checkpoint_name", nullptr},
             {"hr_sampler_name", nullptr},
             {"hr_scheduler", nullptr},
             {"hr_prompt", ""},
             {"hr_negative_prompt", ""},
             {"denoising_strength", 0.7},
             {"firstphase_width", 0},
             {"firstphase_height", 0},
             {"styles", Json::array()},
             {"seed", -1},
             {"subseed", -1},
             {"subseed_strength", 0.0},
             {"seed_resize_from_h", 0},
             {"seed_resize_from_w", 0},
             {"restore_faces", false},
             {"tiling", false},
             {"do_not_save_samples", false},
             {"do_not_save_grid", false},
             {"eta", 1.0},
             {"s_churn", 0},
             {"s_tmax", 0},
             {"s_tmin", 0},
             {"s_noise", 1},
             {"override_settings", Json::object()},
             {"override_settings_restore_afterwards", true},
             {"sampler_name", "Euler"},
             {"scheduler", "automatic"},
             {"sampler_index", "Euler"},
             {"script_name", nullptr},
             {"script_args", Json::array()},
             {"send_images", true},
             {"save_images", false},
             {"alwayson_scripts", {{"ControlNet", {{"args", Json::array()}}}}},
             {"comments", nullptr},
             {"batch_size", "1"},
             {"steps", 3.0},
             {"force_task_id", "task(1)"}}));
  EXPECT_EQ(engine_.last().steps, 3);
  EXPECT_EQ(engine_.last().eta, std::nullopt);
  EXPECT_EQ(engine_.last().hires, std::nullopt);
}

TEST_F(SdApiTest, RefusesWhatCannotBeDoneByName) {
  const auto refused =
      [&](const Json& body, const std::string& field, const std::string& type = "value_error") {
        expect_invalid(post(kWords, with({{"prompt", "a"}}, body)), field, type);
      };
  refused({{"promt", "a"}}, "promt", "value_error.extra");
  refused({{"init_images", Json::array()}}, "init_images", "value_error.extra");
  refused({{"steps", "many"}}, "steps", "type_error.integer");
  refused({{"steps", 2.5}}, "steps", "type_error.integer");
  refused({{"cfg_scale", "x"}}, "cfg_scale", "type_error.float");
  refused({{"prompt", 3}}, "prompt", "type_error.str");
  refused({{"styles", "x"}}, "styles", "type_error.list");
  refused({{"enable_hr", "perhaps"}}, "enable_hr", "type_error.bool");
  refused({{"alwayson_scripts", 1}}, "alwayson_scripts", "type_error.dict");
  refused({{"steps", 0}}, "steps");
  refused({{"steps", 500}}, "steps");
  refused({{"width", 8}}, "width");
  refused({{"height", 100'000}}, "height");
  refused({{"width", 128}, {"height", 256}}, "width");
  refused({{"batch_size", 0}}, "batch_size");
  refused({{"batch_size", 9}, {"n_iter", 9}}, "n_iter");
  refused({{"cfg_scale", -1}}, "cfg_scale");
  refused({{"cfg_scale", 101}}, "cfg_scale");
  refused({{"restore_faces", true}}, "restore_faces");
  refused({{"tiling", true}}, "tiling");
  refused({{"subseed_strength", 0.1}}, "subseed_strength");
  refused({{"seed_resize_from_w", 512}}, "seed_resize_from_w");
  refused({{"script_name", "x/y plot"}}, "script_name");
  refused({{"refiner_checkpoint", "x"}}, "refiner_checkpoint");
  refused({{"firstpass_image", "x"}}, "firstpass_image");
  refused({{"s_churn", 0.5}}, "s_churn");
  refused({{"styles", {"none such"}}}, "styles");
  refused({{"prompt", "a <lora:x:much>"}}, "prompt");
  refused({{"prompt", "a <hypernet:x:1>"}}, "prompt");
  refused({{"negative_prompt", "a <lora:x:1>"}}, "negative_prompt");
  refused({{"infotext", "nothing"}}, "infotext");
  refused({{"alwayson_scripts", {{"controlnet", {{"args", {{{"module", "canny"}}}}}}}}},
          "alwayson_scripts.controlnet");
  refused({{"override_settings", {{"sd_model_checkpoint", "none"}}}},
          "override_settings.sd_model_checkpoint");
  refused({{"override_settings", {{"sd_vae", "x.pt"}}}}, "override_settings.sd_vae");
  refused(
      {{"override_settings", {{"made_up", 1}}}}, "override_settings.made_up", "value_error.extra");
  refused({{"enable_hr", true}, {"hr_upscaler", "Latent"}}, "hr_upscaler");
  refused({{"enable_hr", true}, {"hr_prompt", "b"}}, "hr_prompt");
  refused({{"enable_hr", true}, {"hr_scale", 9}}, "hr_scale");
  // All at once.
  const Json both = Json::parse(post(kWords, {{"a", 1}, {"steps", "x"}}).body);
  EXPECT_EQ(both["detail"].size(), 2u);
  expect_error(post_text(kWords, "{"), 400, "[request]");
}

TEST_F(SdApiTest, LeavesLorasInPrompts) {
  Json body = {{"prompt", "a <lora:style:0.8>cat"},
               {"override_settings", {{"sd_model_checkpoint", "sd"}}}};
  good(post(kWords, body));
  EXPECT_EQ(engine_.last().prompt, "a <lora:style:0.8>cat");
  body["disable_extra_networks"] = true;
  good(post(kWords, body));
  EXPECT_EQ(engine_.last().prompt, "a cat");
}

TEST_F(SdApiTest, FailsAsJobsFail) {
  engine_.fail_with(Error(ErrorKind::kOutOfMemory, "[engine] too large"));
  expect_error(post(kWords, {{"prompt", "a"}}), 503, "[engine] too large");
}

TEST_F(SdApiTest, MakesSecondPasses) {
  use("sd");
  const Json body = {
      {"prompt", "a"}, {"steps", 2}, {"width", 64}, {"height", 128}, {"enable_hr", true}};
  good(post(kWords,
            with(body,
                 {{"hr_resize_x", 96},
                  {"hr_resize_y", 192},
                  {"denoising_strength", 0.4},
                  {"hr_second_pass_steps", 5}})));
  EXPECT_EQ(engine_.last().hires,
            (service::HiresOptions{.scale = 1.5, .strength = 0.4, .steps = 5}));
  good(post(kWords, body));
  EXPECT_EQ(engine_.last().hires,
            (service::HiresOptions{.scale = 2, .strength = 0.75, .steps = 0}));
  expect_invalid(post(kWords, with(body, {{"hr_resize_x", 96}, {"hr_resize_y", 96}})),
                 "hr_resize_y");
}

TEST_F(SdApiTest, ReadsInfotextAndStyles) {
  good(post(kWords,
            {{"infotext",
              "a cube\nNegative prompt: fog\nSteps: 3, Sampler: Heun, CFG scale: 2, Seed: 9, Size: "
              "64x64"},
             {"steps", 5},
             {"styles", {"Pixel art"}}}));
  const service::DrawRequest drawn = engine_.last();
  EXPECT_EQ(drawn.prompt, "a cube, pixel art, limited palette");
  EXPECT_EQ(drawn.negative_prompt, "fog, blurry, photograph");
  EXPECT_EQ(drawn.steps, 5);
  EXPECT_EQ(drawn.sampler, "heun");
  EXPECT_EQ(drawn.guidance, 2);
  EXPECT_EQ(drawn.seed, 9u);
  EXPECT_EQ(drawn.width, 64);
}

TEST_F(SdApiTest, EditsPictures) {
  const Json answer = good(post(kPicture,
                                edit({{"denoising_strength", 0.3},
                                      {"image_cfg_scale", 1.5},
                                      {"initial_noise_multiplier", 1}})));
  EXPECT_EQ(picture_of(answer["images"][0]).width, 96);
  EXPECT_EQ(answer["parameters"]["init_images"], nullptr);
  EXPECT_EQ(engine_.last().task, Task::kEdit);
  EXPECT_EQ(engine_.last().strength, 0.3);
  EXPECT_EQ(engine_.last_picture().width, 96);
  const Json whole = good(post(kPicture, edit({{"include_init_images", true}})));
  EXPECT_EQ(whole["parameters"]["init_images"].size(), 1u);
  EXPECT_EQ(engine_.last().strength, 0.75);
}

TEST_F(SdApiTest, KeepsTheAspectOfPictures) {
  good(post(kPicture, edit({{"resize_mode", 1}, {"width", 64}, {"height", 64}})));
  EXPECT_EQ(engine_.last_picture().width, 64);
  EXPECT_EQ(engine_.last_picture().height, 64);
  // Red left, blue right: cutting keeps both, filling repeats the upper edge above.
  image::Image picture(128, 64, 3);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 128; ++x) picture.at(x, y)[x < 64 ? 0 : 2] = 255;
  }
  const Json init = {encode_base64(encoded(picture))};
  good(post(kPicture,
            edit({{"init_images", init}, {"resize_mode", 2}, {"width", 64}, {"height", 64}})));
  EXPECT_GT(engine_.last_picture().at(2, 1)[0], 200);
  EXPECT_GT(engine_.last_picture().at(61, 1)[2], 200);
  good(post(kPicture,
            edit({{"init_images", init}, {"resize_mode", 0}, {"width", 64}, {"height", 64}})));
  EXPECT_EQ(engine_.last_picture().width, 128);  // the engine does it
}

TEST_F(SdApiTest, PaintsWhereMasksSay) {
  image::Image picture(96, 64, 3);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 96; ++x) *picture.at(x, y) = x < 48 ? 255 : 40;
  }
  const Json init = {encode_base64(encoded(picture))};
  const std::string mask = encode_base64(encoded(half_mask(96, 64)));
  good(post(kPicture,
            edit({{"init_images", init},
                  {"mask", mask},
                  {"mask_blur", 7},
                  {"inpaint_full_res_padding", 16}})));
  service::DrawRequest drawn = engine_.last();
  EXPECT_EQ(drawn.task, Task::kInpaint);
  EXPECT_EQ(drawn.mask_blur, 7);
  EXPECT_TRUE(drawn.only_masked);
  EXPECT_EQ(drawn.padding, 16);
  EXPECT_FALSE(drawn.mask_invert);
  EXPECT_EQ(*engine_.last_mask().at(5, 5), 255);
  EXPECT_EQ(*engine_.last_mask().at(90, 5), 0);
  // Filled with the colour around, the rest as it was.
  EXPECT_LT(*engine_.last_picture().at(10, 30), 80);
  EXPECT_EQ(*engine_.last_picture().at(90, 30), 40);

  good(post(kPicture,
            edit({{"init_images", init},
                  {"mask", mask},
                  {"inpainting_fill", 1},
                  {"inpaint_full_res", false},
                  {"inpainting_mask_invert", 1}})));
  drawn = engine_.last();
  EXPECT_FALSE(drawn.only_masked);
  EXPECT_TRUE(drawn.mask_invert);
  EXPECT_EQ(drawn.mask_blur, 4);
  EXPECT_EQ(*engine_.last_picture().at(10, 30), 255);

  // Of a mask with transparency the opaque part.
  image::Image strokes(96, 64, 4);
  for (int y = 0; y < 64; ++y) strokes.at(70, y)[3] = 255;
  good(post(kPicture, edit({{"mask", encode_base64(encoded(strokes))}})));
  EXPECT_EQ(*engine_.last_mask().at(70, 5), 255);
  EXPECT_EQ(*engine_.last_mask().at(5, 5), 0);
}

TEST_F(SdApiTest, RefusesPicturesAndMasksThatAreNone) {
  const std::string mask = encode_base64(encoded(half_mask(96, 64)));
  expect_error(post(kPicture, {{"prompt", "a"}}), 404, "Init image not found");
  expect_error(post(kPicture, edit({{"init_images", Json::array()}})), 404, "Init image not found");
  expect_error(post(kPicture, edit({{"init_images", {"???"}}})), 400, "[request] 'init_images'");
  expect_error(post(kPicture, edit({{"init_images", {"http://127.0.0.1/a.png"}}})),
               400,
               "[request] 'init_images'");
  expect_error(post(kPicture, edit({{"init_images", {encode_base64("no picture")}}})), 400, "");
  expect_error(post(kPicture, edit({{"mask", encode_base64("no picture")}})), 400, "");
  expect_invalid(post(kPicture, edit({{"init_images", {1}}})), "init_images", "type_error.str");
  expect_invalid(post(kPicture, edit({{"init_images", {"a", "b"}}})), "init_images");
  expect_invalid(post(kPicture, edit({{"mask", base64_picture(32, 64, 255)}})), "mask");
  expect_invalid(post(kPicture, edit({{"resize_mode", 3}})), "resize_mode");
  expect_invalid(post(kPicture, edit({{"mask", mask}, {"inpainting_fill", 2}})), "inpainting_fill");
  expect_invalid(post(kPicture, edit({{"mask", mask}, {"mask_blur_x", 1}})), "mask_blur_y");
  expect_invalid(post(kPicture, edit({{"latent_mask", mask}})), "latent_mask");
  expect_invalid(post(kPicture, edit({{"denoising_strength", 2}})), "denoising_strength");
  expect_invalid(post(kPicture, edit({{"enable_hr", true}})), "enable_hr", "value_error.extra");
  expect_invalid(post(kPicture, edit({{"override_settings", Json::object()}})), "task");
}

TEST_F(SdApiTest, ReadsAddressesWhereTheServerDoes) {
  const hub::TestServer elsewhere([](const hub::Seen&) {
    hub::Answer answer;
    answer.body = flat_picture(96, 64, 77);
    return answer;
  });
  const Json body = edit({{"init_images", {elsewhere.url("/a.png")}}});
  expect_error(post(kPicture, body), 400, "[request] 'init_images': " + elsewhere.url("/a.png"));
  context_.remote_images = RemoteImages::kAny;
  good(post(kPicture, body));
  EXPECT_EQ(engine_.last_picture().pixels[0], 77);
  good(post(kPicture, edit({{"mask", elsewhere.url("/a.png")}})));
  EXPECT_EQ(elsewhere.requests().size(), 2u);
}

TEST_F(SdApiTest, KeepsOptionsPerCaller) {
  Json options = good(get("/sdapi/v1/options"));
  EXPECT_EQ(options["sd_model_checkpoint"], "mini");
  EXPECT_EQ(options["samples_format"], "png");
  EXPECT_EQ(options["CLIP_stop_at_last_layers"], 1);
  EXPECT_EQ(options["sd_vae"], "Automatic");
  for (const char* name :
       {"V1-5", "sd", "Stable Diffusion 1.5", "6ce0161689", "v1-5.safetensors"}) {
    use(name);
    EXPECT_EQ(good(get("/sdapi/v1/options"))["sd_model_checkpoint"],
              "v1-5.safetensors [6ce0161689]");
    use("mini");
  }
  // A client that sends back all it was given.
  EXPECT_EQ(post("/sdapi/v1/options", options).body, "null");
  post("/sdapi/v1/options", {{"samples_format", "jpg"}, {"jpeg_quality", 60}});
  const Json answer = good(
      post(kWords, {{"prompt", "a"}, {"override_settings", {{"CLIP_stop_at_last_layers", 2}}}}));
  const std::string bytes = bytes_of(answer["images"][0]);
  EXPECT_EQ(image::sniff_format(std::as_bytes(std::span(bytes))), image::Format::kJpeg);
  EXPECT_EQ(engine_.last().output.quality, 60);
  EXPECT_EQ(engine_.last().clip_skip, 2);
  EXPECT_EQ(good(get("/sdapi/v1/options"))["CLIP_stop_at_last_layers"], 1);
  good(post(kWords,
            {{"prompt", "a"},
             {"override_settings", {{"CLIP_stop_at_last_layers", 2}}},
             {"override_settings_restore_afterwards", false}}));
  EXPECT_EQ(good(get("/sdapi/v1/options"))["CLIP_stop_at_last_layers"], 2);
  routes_ = sdapi_routes(context_);  // as of a server that was started anew
  EXPECT_EQ(good(get("/sdapi/v1/options"))["samples_format"], "jpg");
  EXPECT_EQ(good(get("/sdapi/v1/options"))["CLIP_stop_at_last_layers"], 2);
  caller_.owner = "another";
  EXPECT_EQ(good(get("/sdapi/v1/options"))["samples_format"], "png");

  const auto refused =
      [&](const Json& body, const std::string& field, const std::string& type = "value_error") {
        expect_invalid(post("/sdapi/v1/options", body), field, type);
      };
  refused({{"made_up", 1}}, "made_up", "value_error.extra");
  refused({{"sd_model_checkpoint", "none"}}, "sd_model_checkpoint");
  refused({{"samples_format", 3}}, "samples_format", "type_error");
  refused({{"samples_format", "avif"}}, "samples_format");
  refused({{"jpeg_quality", 0}}, "jpeg_quality");
  refused({{"token_merging_ratio", 0.5}}, "token_merging_ratio");
}

TEST_F(SdApiTest, ListsWhatThereIs) {
  const Json samplers = good(get("/sdapi/v1/samplers"));
  const Json euler = {{"name", "Euler a"},
                      {"aliases", {"k_euler_a", "k_euler_ancestral"}},
                      {"options", Json::object()}};
  EXPECT_THAT(samplers, testing::Contains(euler));
  EXPECT_EQ(samplers.size(), 6u);
  const Json schedulers = good(get("/sdapi/v1/schedulers"));
  const Json karras = {{"name", "karras"},
                       {"label", "Karras"},
                       {"aliases", nullptr},
                       {"default_rho", 7.0},
                       {"need_inner_model", false}};
  EXPECT_THAT(schedulers, testing::Contains(karras));
  EXPECT_EQ(schedulers[0]["name"], "automatic");
  const Json models = good(get("/sdapi/v1/sd-models"));
  EXPECT_EQ(models[1]["title"], "v1-5.safetensors [6ce0161689]");
  EXPECT_EQ(models[1]["model_name"], "sd");
  EXPECT_EQ(models[1]["hash"], "6ce0161689");
  EXPECT_EQ(models[1]["sha256"].get<std::string>().size(), 64u);
  EXPECT_EQ(models[0]["hash"], nullptr);
  EXPECT_EQ(good(get("/sdapi/v1/loras")),
            Json::array({{{"name", "style"},
                          {"alias", "style"},
                          {"path", "loras/style.safetensors"},
                          {"metadata", {{"ss_network_dim", "8"}}}}}));
  const Json upscalers = good(get("/sdapi/v1/upscalers"));
  ASSERT_EQ(upscalers.size(), 3u);
  EXPECT_EQ(upscalers[2]["name"], "large");
  EXPECT_EQ(good(get("/sdapi/v1/prompt-styles"))[0]["name"], "Photograph");
  for (const char* name : {"sd-vae",
                           "latent-upscale-modes",
                           "hypernetworks",
                           "face-restorers",
                           "realesrgan-models",
                           "script-info"})
    EXPECT_EQ(good(get(std::string("/sdapi/v1/") + name)), Json::array()) << name;
  EXPECT_EQ(good(get("/sdapi/v1/embeddings")),
            (Json{{"loaded", Json::object()}, {"skipped", Json::object()}}));
  EXPECT_EQ(good(get("/sdapi/v1/scripts")),
            (Json{{"txt2img", Json::array()}, {"img2img", Json::array()}}));
  EXPECT_EQ(good(get("/sdapi/v1/cmd-flags"))["api"], true);
  EXPECT_GT(good(get("/sdapi/v1/memory"))["ram"]["total"], 0);
  for (const char* name : {"refresh-checkpoints", "refresh-loras", "refresh-vae"})
    EXPECT_EQ(post_text(std::string("/sdapi/v1/") + name, "").body, "null");
  for (const char* name : {"unload-checkpoint", "reload-checkpoint"})
    EXPECT_EQ(post_text(std::string("/sdapi/v1/") + name, "").body, "{}");
}

TEST_F(SdApiTest, TellsProgressAndInterrupts) {
  Json idle = good(get("/sdapi/v1/progress"));
  EXPECT_EQ(idle["progress"], 0);
  EXPECT_EQ(idle["eta_relative"], 0);
  EXPECT_EQ(idle["state"]["job_count"], 0);
  EXPECT_EQ(idle["current_image"], nullptr);
  const Json state = idle["state"];
  for (const char* key : {"skipped",
                          "interrupted",
                          "stopping_generation",
                          "job",
                          "job_count",
                          "job_timestamp",
                          "job_no",
                          "sampling_step",
                          "sampling_steps"})
    EXPECT_TRUE(state.contains(key)) << key;

  engine_.hold(true);
  auto first = std::async(std::launch::async, [&] {
    return post(kWords, {{"prompt", "a"}, {"force_task_id", "task(one)"}});
  });
  await_held();
  auto second = std::async(std::launch::async, [&] {
    return post(kWords, {{"prompt", "b"}, {"force_task_id", "task(two)"}});
  });
  Json busy;
  await("progress up to step 4, with a picture", [&] {
    busy = good(get("/sdapi/v1/progress"));
    return busy["state"]["sampling_step"] == 4 && busy["current_image"] != nullptr;
  });
  EXPECT_GT(busy["progress"], 0.5);
  EXPECT_LE(busy["progress"], 1);
  EXPECT_EQ(busy["eta_relative"], 1.5);
  EXPECT_EQ(busy["state"]["sampling_steps"], 4);
  EXPECT_EQ(busy["state"]["job"], "task(one)");
  EXPECT_EQ(picture_of(busy["current_image"]).width, 16);
  EXPECT_EQ(good(get("/sdapi/v1/progress?skip_current_image=true"))["current_image"], nullptr);

  await("the second task alone in the queue", [&] {
    const Json pending = good(get("/internal/pending-tasks"));
    return pending["size"] == 1 && pending["tasks"][0] == "task(two)";
  });
  Json task = good(post("/internal/progress", {{"id_task", "task(one)"}}));
  EXPECT_EQ(task["active"], true);
  EXPECT_EQ(task["queued"], false);
  EXPECT_TRUE(task["live_preview"].get<std::string>().starts_with("data:image/webp;base64,"));
  const Json shown = task["id_live_preview"];
  task = good(post("/internal/progress", {{"id_task", "task(one)"}, {"id_live_preview", shown}}));
  EXPECT_EQ(task["live_preview"], nullptr);
  task = good(post("/internal/progress", {{"id_task", "task(two)"}}));
  EXPECT_EQ(task["queued"], true);
  EXPECT_THAT(task["textinfo"].get<std::string>(), testing::StartsWith("In queue"));
  task = good(post("/internal/progress", {{"id_task", "task(none)"}}));
  EXPECT_EQ(task["active"], false);
  EXPECT_EQ(task["completed"], false);

  // Somebody else sees and stops nothing of this.
  caller_.owner = "another";
  EXPECT_EQ(good(get("/sdapi/v1/progress"))["progress"], 0);
  EXPECT_EQ(post_text("/sdapi/v1/interrupt", "").body, "{}");
  EXPECT_EQ(good(post("/internal/progress", {{"id_task", "task(one)"}}))["active"], false);
  caller_.owner = "local";

  EXPECT_EQ(post_text("/sdapi/v1/interrupt", "").body, "{}");
  const Json stopped = good(first.get());
  EXPECT_EQ(stopped["images"], Json::array());
  EXPECT_EQ(Json::parse(stopped["info"].get<std::string>())["all_seeds"], Json::array());
  EXPECT_EQ(good(post("/internal/progress", {{"id_task", "task(one)"}}))["completed"], true);
  await_held();
  EXPECT_EQ(post_text("/sdapi/v1/skip", "").body, "null");
  EXPECT_EQ(good(second.get())["images"], Json::array());
  expect_invalid(post("/internal/progress", Json::object()), "id_task", "value_error.missing");
}

TEST_F(SdApiTest, EnlargesPictures) {
  const auto enlarged = [&](const Json& body) {
    return picture_of(good(post("/sdapi/v1/extra-single-image",
                                with({{"image", base64_picture(40, 20)}}, body)))["image"]);
  };
  EXPECT_EQ(enlarged(Json::object()).width, 40);  // upscaler "None"
  EXPECT_EQ(enlarged({{"upscaler_1", "Lanczos"}}).width, 80);
  EXPECT_EQ(enlarged({{"upscaler_1", "large"}, {"upscaling_resize", 3}}).height, 60);
  EXPECT_EQ(engine_.last().task, Task::kUpscale);
  EXPECT_EQ(engine_.last().scale, 3);
  const Json to_size = {{"upscaler_1", "Lanczos"},
                        {"resize_mode", 1},
                        {"upscaling_resize_w", 60},
                        {"upscaling_resize_h", 60}};
  EXPECT_EQ(enlarged(to_size).width, 60);
  EXPECT_EQ(enlarged(to_size).height, 60);
  EXPECT_EQ(enlarged(with(to_size, {{"upscaling_crop", false}})).width, 120);

  const Json list = {{{"data", base64_picture(10, 10)}, {"name", "a"}},
                     {{"data", base64_picture(20, 10)}, {"name", "b"}}};
  const Json batch =
      good(post("/sdapi/v1/extra-batch-images", {{"imageList", list}, {"upscaler_1", "Lanczos"}}));
  ASSERT_EQ(batch["images"].size(), 2u);
  EXPECT_EQ(picture_of(batch["images"][1]).width, 40);
  EXPECT_EQ(batch["html_info"], "");

  const auto refused =
      [&](const Json& body, const std::string& field, const std::string& type = "value_error") {
        expect_invalid(
            post("/sdapi/v1/extra-single-image", with({{"image", base64_picture(8, 8)}}, body)),
            field,
            type);
      };
  refused({{"image", nullptr}}, "image", "value_error.missing");
  refused({{"upscaler_1", "ESRGAN"}}, "upscaler_1");
  refused({{"upscaler_1", "sd"}}, "upscaler_1");
  refused({{"gfpgan_visibility", 1}}, "gfpgan_visibility");
  refused({{"upscaling_resize", 0}}, "upscaling_resize");
  refused({{"upscaling_resize", 100}}, "upscaling_resize");
  refused({{"resize_mode", 2}}, "resize_mode");
  refused({{"upscaler_2", "Lanczos"}, {"extras_upscaler_2_visibility", 0.5}}, "upscaler_2");
  expect_error(post("/sdapi/v1/extra-single-image", {{"image", encode_base64("x")}}), 400, "");
  expect_error(post("/sdapi/v1/png-info", {{"image", "???"}}), 400, "");
  expect_invalid(post("/sdapi/v1/png-info", Json::object()), "image", "value_error.missing");
  const Json bare = good(post("/sdapi/v1/png-info", {{"image", base64_picture(8, 8)}}));
  EXPECT_EQ(bare, (Json{{"info", ""}, {"items", Json::object()}, {"parameters", Json::object()}}));
}

}  // namespace
}  // namespace lienzo::http
