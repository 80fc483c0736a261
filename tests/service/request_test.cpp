#include "lienzo/service/request.h"

#include "../base/expect_error.h"
#include "lienzo/base/field_error.h"

namespace lienzo::service {
namespace {

std::string field_at_fault(const Json& json) {
  try {
    request_from_json(json, "[request]");
  } catch (const FieldError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput);
    return error.field();
  }
  return "none";
}

TEST(Request, SurvivesTheWayThroughJson) {
  const DrawRequest full{.task = Task::kInpaint,
                         .model = "sd15",
                         .prompt = "a \"red\" cube\nñ",
                         .negative_prompt = "blur",
                         .width = 512,
                         .height = 640,
                         .count = 3,
                         .seed = uint64_t{1} << 62,
                         .steps = 30,
                         .guidance = 6.5,
                         .sampler = "dpmpp_2m",
                         .schedule = "karras",
                         .eta = 0.5,
                         .clip_skip = 2,
                         .noise = "gpu",
                         .picture = std::string(64, 'a'),
                         .mask = std::string(64, 'b'),
                         .mask_invert = true,
                         .strength = 0.75,
                         .mask_blur = 8,
                         .only_masked = true,
                         .padding = 64,
                         .hires = HiresOptions{1.5, 0.4, 10},
                         .loras = {{"style", 0.8, -0.5}, {"detail", 2, {}}},
                         .previews = false,
                         .output = {"webp", 80},
                         .tags = {"a", "b"},
                         .priority = -3};
  EXPECT_EQ(request_from_json(to_json(full), "x"), full);
  const DrawRequest vary{.task = Task::kVary, .picture = std::string(64, 'c'), .amount = "strong"};
  EXPECT_EQ(request_from_json(to_json(vary), "x"), vary);
  const DrawRequest larger{.task = Task::kUpscale, .picture = std::string(64, 'c'), .scale = 4};
  EXPECT_EQ(request_from_json(to_json(larger), "x"), larger);
}

TEST(Request, TakesNullForWhatIsLeftOut) {
  const Json json = {
      {"prompt", "a cube"}, {"seed", nullptr}, {"steps", nullptr}, {"hires", nullptr}};
  EXPECT_EQ(request_from_json(json, "x"), DrawRequest{.prompt = "a cube"});
}

TEST(Request, NamesTheFieldAtFault) {
  const std::pair<Json, const char*> cases[] = {
      {{{"prompt", " "}}, "prompt"},
      {{{"prompt", 3}}, "prompt"},
      {{{"prompt", std::string("a\0b", 3)}}, "prompt"},
      {{{"promt", "a"}}, "promt"},
      {{{"prompt", "a"}, {"steps", 0.5}}, "steps"},
      {{{"prompt", "a"}, {"steps", 201}}, "steps"},
      {{{"prompt", "a"}, {"width", 63}}, "width"},
      {{{"prompt", "a"}, {"height", 100000}}, "height"},
      {{{"prompt", "a"}, {"count", 0}}, "count"},
      {{{"prompt", "a"}, {"seed", -1}}, "seed"},
      {{{"prompt", "a"}, {"guidance", -0.5}}, "guidance"},
      {{{"prompt", "a"}, {"guidance", 100.5}}, "guidance"},
      {{{"prompt", "a"}, {"task", "paint"}}, "task"},
      {{{"prompt", "a"}, {"picture", "x"}}, "picture"},
      {{{"prompt", "a"}, {"mask", "x"}}, "mask"},
      {{{"prompt", "a"}, {"task", "edit"}}, "picture"},
      {{{"prompt", "a"}, {"task", "inpaint"}, {"picture", "x"}}, "mask"},
      {{{"prompt", "a"}, {"strength", 1.5}}, "strength"},
      {{{"prompt", "a"}, {"noise", "tpu"}}, "noise"},
      {{{"prompt", "a"}, {"output", {{"format", "gif"}}}}, "output.format"},
      {{{"prompt", "a"}, {"output", {{"kwality", 3}}}}, "output.kwality"},
      {{{"prompt", "a"}, {"hires", {{"scale", 1}}}}, "hires.scale"},
      {{{"prompt", "a"}, {"tags", {"a", ""}}}, "tags"},
      {{{"prompt", "a"}, {"tags", "a"}}, "tags"},
      {{{"prompt", "a"}, {"priority", 11}}, "priority"},
      {{{"prompt", "a"}, {"loras", {{{"name", ""}}}}}, "loras"},
      {{{"prompt", "a"}, {"loras", {{{"name", "x"}, {"weight", 101}}}}}, "loras"},
      {{{"prompt", "a"}, {"loras", Json::array_t(17, Json{{"name", "x"}})}}, "loras"},
  };
  for (const auto& [json, field] : cases) EXPECT_EQ(field_at_fault(json), field) << json;
}

TEST(Request, TheSchemaKnowsEveryField) {
  const Json properties = request_schema()["properties"];
  Json one = to_json(DrawRequest{.task = Task::kVary, .picture = "x"});
  for (const char* field :
       {"model", "prompt",      "negative_prompt", "width",     "height",      "count",     "seed",
        "steps", "guidance",    "sampler",         "schedule",  "eta",         "clip_skip", "noise",
        "mask",  "mask_invert", "strength",        "mask_blur", "only_masked", "padding",   "scale",
        "hires", "loras",       "previews",        "output",    "tags",        "priority"}) {
    one[field] = nullptr;
  }
  EXPECT_EQ(one.size(), properties.size());
  for (const auto& item : one.items()) EXPECT_TRUE(properties.contains(item.key())) << item.key();
  request_from_json({{"prompt", "a"}}, "x");
}

TEST(Request, TakesAnyGuidanceThatThePipelinesTake) {
  for (const double guidance : {0.0, 0.5, 1.0, 100.0})
    EXPECT_EQ(request_from_json({{"prompt", "a"}, {"guidance", guidance}}, "x").guidance, guidance);
  const Json schema = request_schema()["properties"]["guidance"]["anyOf"][0];
  EXPECT_EQ(schema["minimum"], 0);
  EXPECT_EQ(schema["maximum"], 100);
}

TEST(Request, GoesTogetherWithWhatDiffersInWordsOnly) {
  const DrawRequest one{.model = "mini", .prompt = "a", .width = 256, .height = 256, .steps = 10};
  const std::string key = batch_key(one);
  EXPECT_FALSE(key.empty());
  const auto changed = [&](auto change) {
    DrawRequest other = one;
    change(other);
    return batch_key(other);
  };
  EXPECT_EQ(changed([](DrawRequest& r) { r.prompt = "b", r.negative_prompt = "c"; }), key);
  EXPECT_EQ(changed([](DrawRequest& r) { r.seed = 7, r.priority = 3, r.tags = {"x"}; }), key);
  EXPECT_EQ(changed([](DrawRequest& r) { r.output = {"webp", 80}, r.previews = false; }), key);
  EXPECT_NE(changed([](DrawRequest& r) { r.width = 128; }), key);
  EXPECT_NE(changed([](DrawRequest& r) { r.steps = 11; }), key);
  EXPECT_NE(changed([](DrawRequest& r) { r.count = 2; }), key);
  EXPECT_NE(changed([](DrawRequest& r) { r.model = "sd15"; }), key);
  EXPECT_NE(changed([](DrawRequest& r) { r.guidance = 3; }), key);
  EXPECT_NE(changed([](DrawRequest& r) { r.sampler = "heun"; }), key);
  EXPECT_EQ(changed([](DrawRequest& r) { r.hires.emplace(); }), "");
  EXPECT_EQ(changed([](DrawRequest& r) { r.task = Task::kVary, r.picture = "p"; }), "");
}

TEST(Request, CostGrowsWithPixelsStepsAndPictures) {
  const DrawRequest one{.prompt = "a", .width = 64, .height = 128, .steps = 10};
  EXPECT_DOUBLE_EQ(cost(one), 64.0 * 128 * 10);
  DrawRequest more = one;
  more.count = 4;
  more.hires = HiresOptions{2, 0.5, 0};
  EXPECT_DOUBLE_EQ(cost(more), 4 * (64.0 * 128 * 10 + 4 * 64.0 * 128 * 5));
}

}  // namespace
}  // namespace lienzo::service
