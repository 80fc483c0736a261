#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

#include "../hub/test_server.h"
#include "dialect_fixture.h"
#include "lienzo/image/metadata.h"

namespace lienzo::http {
namespace {

using service::Task;

constexpr const char* kGenerations = "/v1/images/generations";
constexpr const char* kEdits = "/v1/images/edits";
constexpr const char* kVariations = "/v1/images/variations";

Part field(const std::string& name, const std::string& value) {
  return {.name = name, .filename = "", .type = "", .body = value};
}

Part file(const std::string& name, const std::string& bytes) {
  return {.name = name, .filename = name + ".png", .type = "image/png", .body = bytes};
}

// A mask whose left half is to be painted.
std::string half_hole(int width, int height) {
  image::Image mask(width, height, 4);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) mask.at(x, y)[3] = x < width / 2 ? 0 : 255;
  }
  return encoded(mask);
}

std::optional<image::Format> format_of(const std::string& bytes) {
  return image::sniff_format(std::as_bytes(std::span(bytes)));
}

class OpenAiTest : public DialectTest {
 protected:
  OpenAiTest() : DialectTest(Dialect::kOpenAi) {}

  Json generated(Json body) {
    if (!body.contains("prompt")) body["prompt"] = "a red cube";
    return good(post(kGenerations, body));
  }
  // Status, param and code of what a request is refused with; the object must be whole.
  void expect_refusal(const Reply& reply, int status, const Json& param, const Json& code) {
    EXPECT_EQ(reply.status, status) << reply.body;
    const Json body = Json::parse(reply.body);
    ASSERT_TRUE(body.contains("error")) << reply.body;
    const Json& error = body["error"];
    EXPECT_EQ(error.size(), 4u);
    EXPECT_EQ(error.value("param", Json("absent")), param) << reply.body;
    EXPECT_EQ(error.value("code", Json()), code) << reply.body;
    EXPECT_FALSE(error.at("message").get<std::string>().empty());
    EXPECT_EQ(error.at("type"), status < 500 ? "invalid_request_error" : "server_error");
  }
  void expect_refused(Json body, const Json& param, const Json& code = "invalid_value") {
    if (!body.contains("prompt")) body["prompt"] = "a red cube";
    expect_refusal(post(kGenerations, body), 400, param, code);
  }
  std::vector<Event> streamed(const Json& body, RecordingSink& sink) {
    const Reply reply = post(kGenerations, body);
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(reply.type, "text/event-stream");
    if (reply.stream) reply.stream(sink);
    return sink.events;
  }
};

TEST_F(OpenAiTest, ListsModels) {
  const Json list = good(get("/v1/models"));
  EXPECT_EQ(list["object"], "list");
  ASSERT_EQ(list["data"].size(), 3u);
  const Json mini = {{"id", "mini"}, {"object", "model"}, {"created", 0}, {"owned_by", "lienzo"}};
  EXPECT_EQ(list["data"][0], mini);
  EXPECT_EQ(good(get("/v1/models/mini")), mini);
  expect_refusal(get("/v1/models/dall-e-3"), 404, "model", "model_not_found");
}

TEST_F(OpenAiTest, DrawsAndGivesUrls) {
  const Json answer = generated({});
  ASSERT_EQ(answer["data"].size(), 1u);
  const std::string url = answer["data"][0]["url"];
  EXPECT_TRUE(url.starts_with("http://example.test:7860/api/v1/pictures/")) << url;
  EXPECT_TRUE(url.ends_with("/file"));
  EXPECT_EQ(answer["size"], "128x128");
  EXPECT_EQ(answer["output_format"], "png");
  EXPECT_EQ(answer["background"], "opaque");
  EXPECT_FALSE(answer.contains("quality"));
  EXPECT_GT(answer["created"], 1'700'000'000);
  EXPECT_EQ(answer["usage"]["total_tokens"], 0);
  EXPECT_EQ(answer["usage"]["input_tokens_details"]["image_tokens"], 0);
  EXPECT_EQ(engine_.last().model, "mini");
  EXPECT_FALSE(engine_.last().previews);
}

TEST_F(OpenAiTest, DrawsEveryDocumentedField) {
  const Json answer = generated({{"model", "sd"},
                                 {"n", 3},
                                 {"size", "192x128"},
                                 {"quality", "high"},
                                 {"response_format", "b64_json"},
                                 {"output_format", "jpeg"},
                                 {"output_compression", 40},
                                 {"background", "opaque"},
                                 {"moderation", "low"},
                                 {"style", "natural"},
                                 {"user", "someone"},
                                 {"stream", false},
                                 {"partial_images", nullptr},
                                 {"seed", 7},
                                 {"num_inference_steps", 3},
                                 {"cfg_scale", 5},
                                 {"negative_prompt", "blurry"},
                                 {"sampler", "dpmpp_2m"},
                                 {"scheduler", "karras"}});
  ASSERT_EQ(answer["data"].size(), 3u);
  EXPECT_EQ(answer["size"], "192x128");
  EXPECT_EQ(answer["quality"], "high");
  EXPECT_EQ(format_of(bytes_of(answer["data"][0]["b64_json"])), image::Format::kJpeg);
  EXPECT_EQ(picture_of(answer["data"][2]["b64_json"]).width, 192);
  const service::DrawRequest drawn = engine_.last();
  EXPECT_EQ(drawn.count, 3);
  EXPECT_EQ(drawn.seed, 7u);
  EXPECT_EQ(drawn.steps, 3);
  EXPECT_EQ(drawn.guidance, 5);
  EXPECT_EQ(drawn.negative_prompt, "blurry");
  EXPECT_EQ(drawn.sampler, "dpmpp_2m");
  EXPECT_EQ(drawn.schedule, "karras");
  EXPECT_EQ(drawn.output.quality, 40);
}

TEST_F(OpenAiTest, RefusesWhatIsWrongByName) {
  const std::string long_prompt(32'001, 'x');
  expect_refused({{"prompt", nullptr}}, "prompt", "missing_required_parameter");
  expect_refused({{"prompt", " "}}, "prompt");
  expect_refused({{"prompt", long_prompt}}, "prompt");
  expect_refused({{"prompt", 3}}, "prompt", "invalid_type");
  expect_refused({{"promt", "a"}}, "promt", "unknown_parameter");
  expect_refused({{"n", 0}}, "n");
  expect_refused({{"n", 11}}, "n");
  expect_refused({{"n", 1.5}}, "n", "invalid_type");
  expect_refused({{"n", "2"}}, "n", "invalid_type");
  expect_refused({{"n", 18446744073709551615u}}, "n");
  for (const char* size :
       {"big", "512", "x512", "512x", "-1x5", "0x0", "512x512x512", "99999999999x1"})
    expect_refused({{"size", size}}, "size");
  expect_refused({{"size", "8x8"}}, "size", "invalid_input");
  expect_refused({{"quality", "best"}}, "quality");
  expect_refused({{"style", "dull"}}, "style");
  expect_refused({{"moderation", "off"}}, "moderation");
  expect_refused({{"response_format", "png"}}, "response_format");
  expect_refused({{"output_format", "gif"}}, "output_format");
  expect_refused({{"output_compression", 101}}, "output_compression");
  expect_refused({{"output_compression", 50}}, "output_compression");
  expect_refused({{"background", "transparent"}}, "background", "unsupported");
  expect_refused({{"stream", "yes"}}, "stream", "invalid_type");
  expect_refused({{"partial_images", 4}}, "partial_images");
  expect_refused({{"stream", true}, {"response_format", "url"}}, "response_format");
  expect_refused({{"lora", "x:much"}}, "lora");
  expect_refused({{"lora", 3}}, "lora", "invalid_type");
  expect_refused({{"lora", {{"weight", 1}}}}, "lora", "missing_required_parameter");
  expect_refused({{"lora", {{"name", "x"}, {"path", "y"}}}}, "lora", "unknown_parameter");
  expect_refused({{"lora", {{"name", "x"}, {"weight", "1"}}}}, "lora", "invalid_type");
  expect_refused({{"lora", {{"name", "x"}, {"weight", 101}}}}, "lora", "invalid_input");
  expect_refused({{"strength", 0.5}}, "strength");
  expect_refused({{"strength", 2}}, "strength");
  expect_refused({{"steps", 0}}, "steps");
  expect_refused({{"steps", 5}, {"num_inference_steps", 6}}, "num_inference_steps");
  expect_refused({{"num_inference_steps", 201}}, "num_inference_steps", "invalid_input");
  expect_refused({{"guidance_scale", -1}}, "guidance_scale");
  expect_refused({{"guidance_scale", 101}}, "guidance_scale");
  expect_refused({{"sampler", "magic"}}, "sampler", "invalid_input");
}

TEST_F(OpenAiTest, TakesLoras) {
  using service::LoraUse;
  const auto loras = [&](const Json& value) {
    EXPECT_EQ(post(kGenerations, {{"prompt", "a"}, {"model", "sd"}, {"lora", value}}).status, 200);
    return engine_.last().loras;
  };
  const std::vector<LoraUse> one = {{"style", 0.8, 0.8}};
  EXPECT_EQ(loras("style:0.8"), one);
  EXPECT_EQ(loras(R"([{"name": "style", "weight": 0.8, "text_weight": 0.8}])"), one);
  EXPECT_EQ(loras({{"name", "style"}, {"weight", 0.8}}),
            (std::vector<LoraUse>{{"style", 0.8, {}}}));
  EXPECT_EQ(loras({"style:0.8", {{"name", "b"}}}),
            (std::vector<LoraUse>{{"style", 0.8, 0.8}, {"b", 1, {}}}));
}

TEST_F(OpenAiTest, RefusesUnknownModelsWithTheList) {
  const Reply reply = post(kGenerations, {{"prompt", "a"}, {"model", "gpt-image-1"}});
  expect_refusal(reply, 404, "model", "model_not_found");
  EXPECT_THAT(reply.body, testing::HasSubstr("mini, sd, large"));
}

TEST_F(OpenAiTest, PassesOnWhatTheEngineRefuses) {
  expect_refusal(
      post(kGenerations, {{"prompt", "a"}, {"size", "256x128"}}), 422, "size", "unsupported");
  engine_.fail_with(Error(ErrorKind::kOutOfMemory, "[engine] too large"));
  expect_refusal(post(kGenerations, {{"prompt", "a"}}), 503, nullptr, "out_of_memory");
}

TEST_F(OpenAiTest, RefusesBodiesThatAreNone) {
  expect_refusal(post_text(kGenerations, "{"), 400, nullptr, "invalid_input");
  expect_refusal(post_text(kGenerations, "[]"), 400, nullptr, "invalid_input");
  expect_refusal(post_text(kGenerations, std::string(5000, '[')), 400, nullptr, "invalid_input");
  Call text;
  text.method = "POST";
  text.path = kGenerations;
  text.headers.emplace("Content-Type", "text/plain");
  text.body = R"({"prompt": "a"})";
  expect_refusal(call(text), 415, nullptr, "unsupported_media_type");
}

TEST_F(OpenAiTest, EditsAForm) {
  const Json answer = good(post_form(kEdits,
                                     {file("image", flat_picture(96, 64)),
                                      file("mask", half_hole(96, 64)),
                                      field("prompt", "a blue cube"),
                                      field("model", "sd"),
                                      field("n", "2"),
                                      field("size", "auto"),
                                      field("input_fidelity", "high"),
                                      field("strength", "0.5"),
                                      field("response_format", "b64_json")}));
  ASSERT_EQ(answer["data"].size(), 2u);
  EXPECT_EQ(answer["size"], "96x64");
  EXPECT_EQ(engine_.last().task, Task::kInpaint);
  EXPECT_EQ(engine_.last().strength, 0.5);
  const image::Image mask = engine_.last_mask();
  ASSERT_EQ(mask.width, 96);
  EXPECT_EQ(*mask.at(10, 10), 255);
  EXPECT_EQ(*mask.at(90, 10), 0);
  EXPECT_EQ(*engine_.last_picture().at(0, 0), 128);
}

TEST_F(OpenAiTest, EditsOnePictureOfAList) {
  good(post_form(kEdits,
                 {file("image[]", flat_picture(64, 64)),
                  field("prompt", "a"),
                  field("model", "sd"),
                  field("user", "")}));
  EXPECT_EQ(engine_.last().task, Task::kEdit);
  expect_refusal(post_form(kEdits,
                           {file("image[]", flat_picture(64, 64)),
                            file("image[]", flat_picture(64, 64)),
                            field("prompt", "a")}),
                 400,
                 "image",
                 "unsupported");
}

TEST_F(OpenAiTest, EditsInJson) {
  const std::string picture = "data:image/png;base64," + encode_base64(flat_picture(64, 64));
  const std::string mask = "data:image/png;base64," + encode_base64(half_hole(64, 64));
  good(post(kEdits,
            {{"prompt", "a"},
             {"model", "sd"},
             {"images", {{{"image_url", picture}}}},
             {"mask", {{"image_url", mask}}}}));
  EXPECT_EQ(engine_.last().task, Task::kInpaint);
  const auto refused = [&](const Json& images, const Json& param, const Json& code) {
    expect_refusal(
        post(kEdits, {{"prompt", "a"}, {"model", "sd"}, {"images", images}}), 400, param, code);
  };
  refused(nullptr, "images", "missing_required_parameter");
  refused(Json::array(), "images", "missing_required_parameter");
  refused({{{"file_id", "file-1"}}}, "images[0].file_id", "unsupported");
  refused({{{"url", "x"}}}, "images[0].url", "unknown_parameter");
  refused({{{"image_url", "https://example.org/a.png"}}}, "images[0].image_url", "invalid_image");
  refused({{{"image_url", "data:image/png;base64,???"}}}, "images[0].image_url", "invalid_image");
  refused(Json::array({"x"}), "images[0]", "invalid_type");
}

TEST_F(OpenAiTest, ReadsAddressesWhereTheServerDoes) {
  const hub::TestServer elsewhere([](const hub::Seen& request) {
    hub::Answer answer;
    answer.body = request.path == "/mask.png" ? half_hole(64, 64) : flat_picture(64, 64, 77);
    return answer;
  });
  const Json body = {{"prompt", "a"},
                     {"model", "sd"},
                     {"images", {{{"image_url", elsewhere.url("/a.png")}}}},
                     {"mask", {{"image_url", elsewhere.url("/mask.png")}}}};
  context_.remote_images = RemoteImages::kPublic;
  expect_refusal(post(kEdits, body), 400, "images[0].image_url", "invalid_image");
  context_.remote_images = RemoteImages::kAny;
  good(post(kEdits, body));
  EXPECT_EQ(engine_.last_picture().pixels[0], 77);
  EXPECT_EQ(engine_.last().task, Task::kInpaint);
}

TEST_F(OpenAiTest, RefusesPicturesAndMasksThatAreNone) {
  const auto refused = [&](std::vector<Part> parts, const Json& param, const Json& code) {
    parts.push_back(field("prompt", "a"));
    parts.push_back(field("model", "sd"));
    expect_refusal(post_form(kEdits, parts), 400, param, code);
  };
  const Part picture = file("image", flat_picture(64, 64));
  refused({}, "image", "missing_required_parameter");
  refused({field("image", "text")}, "image", "invalid_type");
  refused({file("image", "no picture")}, "image", "invalid_image");
  refused({file("image", flat_picture(64, 64).substr(0, 60))}, "image", "invalid_image");
  refused({picture, file("mask", "no picture")}, "mask", "invalid_image");
  refused({picture, file("mask", half_hole(32, 64))}, "mask", "invalid_image_format");
  refused({picture, file("mask", flat_picture(64, 64, 255, 3))}, "mask", "invalid_image_format");
  refused({picture, file("markup", half_hole(64, 64))}, "markup", "unknown_parameter");
  refused({picture, field("n", "many")}, "n", "invalid_type");
  refused({picture, field("stream", "perhaps")}, "stream", "invalid_type");
  refused({picture, field("n", "1"), field("n", "2")}, "n", "invalid_value");
  // The model of words alone cannot.
  expect_refusal(post_form(kEdits, {picture, field("prompt", "a")}), 422, "task", "unsupported");
}

TEST_F(OpenAiTest, VariesPictures) {
  const Json made = generated({{"model", "sd"}, {"response_format", "b64_json"}});
  const std::string bytes = bytes_of(made["data"][0]["b64_json"]);
  good(post_form(kVariations, {file("image", bytes), field("model", "sd"), field("n", "2")}));
  EXPECT_EQ(engine_.last().task, Task::kVary);
  good(post_form(kVariations, {file("image", flat_picture(64, 64)), field("model", "sd")}));
  EXPECT_EQ(engine_.last().task, Task::kEdit);
  expect_refusal(post_form(kVariations, {file("image", bytes)}), 400, "model", "unsupported");
  expect_refusal(post(kVariations, {{"model", "sd"}}), 415, nullptr, "unsupported_media_type");
}

TEST_F(OpenAiTest, StreamsPreviewsAndPictures) {
  RecordingSink sink;
  const auto events =
      streamed({{"prompt", "a"}, {"n", 2}, {"stream", true}, {"output_format", "webp"}}, sink);
  ASSERT_EQ(events.size(), 2u);
  const Json& last = events[1].data;
  EXPECT_EQ(events[1].name, "image_generation.completed");
  EXPECT_EQ(last["type"], "image_generation.completed");
  EXPECT_EQ(last["size"], "128x128");
  EXPECT_EQ(last["quality"], "auto");
  EXPECT_EQ(last["background"], "opaque");
  EXPECT_EQ(last["output_format"], "webp");
  EXPECT_EQ(last["usage"]["output_tokens"], 0);
  EXPECT_TRUE(last["created_at"].is_number_integer());
  EXPECT_EQ(format_of(bytes_of(last["b64_json"])), image::Format::kWebp);
}

TEST_F(OpenAiTest, StreamsPartialPictures) {
  engine_.hold(true);
  RecordingSink sink;
  std::thread letting_go([&] {
    await_held();
    // Long enough for the preview to be told.
    await("a partial picture", [&] { return sink.count > 0; });
    engine_.hold(false);
  });
  const auto events = streamed(
      {{"prompt", "a"}, {"stream", true}, {"partial_images", 1}, {"size", "128x128"}}, sink);
  letting_go.join();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].name, "image_generation.partial_image");
  EXPECT_EQ(events[0].data["partial_image_index"], 0);
  EXPECT_EQ(events[0].data["size"], "128x128");
  EXPECT_EQ(format_of(bytes_of(events[0].data["b64_json"])), image::Format::kPng);
  EXPECT_EQ(events[1].name, "image_generation.completed");
}

TEST_F(OpenAiTest, StreamsEditsByTheirNames) {
  const Reply reply = post_form(kEdits,
                                {file("image", flat_picture(64, 64)),
                                 field("prompt", "a"),
                                 field("model", "sd"),
                                 field("stream", "true")});
  RecordingSink sink;
  ASSERT_TRUE(reply.stream) << reply.body;
  reply.stream(sink);
  ASSERT_EQ(sink.events.size(), 1u);
  EXPECT_EQ(sink.events[0].name, "image_edit.completed");
}

TEST_F(OpenAiTest, StreamsErrors) {
  engine_.fail_with(Error(ErrorKind::kInvalidInput, "[engine] no"));
  RecordingSink sink;
  const auto events = streamed({{"prompt", "a"}, {"stream", true}}, sink);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].name, "error");
  EXPECT_EQ(events[0].data["error"]["message"], "[engine] no");
}

TEST_F(OpenAiTest, CancelsWhenAStreamsClientLeaves) {
  engine_.hold(true);
  RecordingSink sink(0);  // gone at once
  streamed({{"prompt", "a"}, {"stream", true}}, sink);
  const auto jobs = store_->list({});
  ASSERT_EQ(jobs.size(), 1u);
  EXPECT_EQ(await_end(jobs[0].id), jobs::JobState::kCancelled);
}

}  // namespace
}  // namespace lienzo::http
