#include "lienzo/service/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/field_error.h"
#include "lienzo/base/hash.h"
#include "lienzo/base/suggest.h"
#include "lienzo/base/utf8.h"
#include "lienzo/text/lora_tags.h"

namespace lienzo::service {
namespace {

constexpr std::array<std::string_view, 5> kTasks = {
    "imagine", "edit", "inpaint", "vary", "upscale"};
constexpr size_t kLongestPrompt = 100'000;  // bytes
constexpr int kMostPictures = 64;
constexpr size_t kMostLoras = 16;
constexpr int kLargestSide = 8192;

[[noreturn]] void reject(const std::string& field, const std::string& problem) {
  throw FieldError(
      ErrorKind::kInvalidInput, fmt::format("[request] '{}' {}", field, problem), field);
}

template <class T>
void check_range(const char* field, T value, T low, T high) {
  if (!(value >= low && value <= high))
    reject(field, fmt::format("is {}, expected {} to {}", value, low, high));
}

Task task_from_name(const std::string& text) {
  const auto found = std::find(kTasks.begin(), kTasks.end(), text);
  if (found == kTasks.end()) {
    reject("task", fmt::format("is '{}', expected imagine, edit, inpaint, vary or upscale", text));
  }
  return static_cast<Task>(found - kTasks.begin());
}

void one_of(const char* field,
            const std::string& value,
            std::initializer_list<std::string_view> names) {
  if (std::find(names.begin(), names.end(), value) != names.end()) return;
  std::string list;
  for (const std::string_view name : names)
    list += fmt::format("{}{}", list.empty() ? "" : ", ", name);
  reject(field, fmt::format("is '{}', expected one of {}", value, list));
}

template <class T>
void read_optional(ConfigReader& reader, const char* key, std::optional<T>& target) {
  if (!reader.has(key)) return;
  T value{};
  reader.required(key, value);
  target = value;
}

/// Null stands for what is left out.
Json without_nulls(const Json& json) {
  if (!json.is_object()) return json;
  Json result = Json::object();
  for (const auto& item : json.items()) {
    if (!item.value().is_null()) result[item.key()] = item.value();
  }
  return result;
}

}  // namespace

std::string_view name(Task task) { return kTasks[static_cast<size_t>(task)]; }

Json to_json(const DrawRequest& r) {
  const DrawRequest plain;
  Json json = {{"task", name(r.task)}};
  const auto add = [&](const char* key, const auto& value, const auto& normal) {
    if (value != normal) json[key] = value;
  };
  const auto add_optional = [&](const char* key, const auto& value) {
    if (value) json[key] = *value;
  };
  add("model", r.model, plain.model);
  add("prompt", r.prompt, plain.prompt);
  add("negative_prompt", r.negative_prompt, plain.negative_prompt);
  add("width", r.width, plain.width);
  add("height", r.height, plain.height);
  add("count", r.count, plain.count);
  add_optional("seed", r.seed);
  add("steps", r.steps, plain.steps);
  add_optional("guidance", r.guidance);
  add("sampler", r.sampler, plain.sampler);
  add("schedule", r.schedule, plain.schedule);
  add_optional("eta", r.eta);
  add("clip_skip", r.clip_skip, plain.clip_skip);
  add("noise", r.noise, plain.noise);
  add("picture", r.picture, plain.picture);
  add("mask", r.mask, plain.mask);
  add("mask_invert", r.mask_invert, plain.mask_invert);
  add_optional("strength", r.strength);
  add("mask_blur", r.mask_blur, plain.mask_blur);
  add("only_masked", r.only_masked, plain.only_masked);
  add("padding", r.padding, plain.padding);
  if (r.task == Task::kVary) json["amount"] = r.amount;
  if (r.task == Task::kUpscale) json["scale"] = r.scale;
  if (r.hires) {
    json["hires"] = {
        {"scale", r.hires->scale}, {"strength", r.hires->strength}, {"steps", r.hires->steps}};
  }
  for (const LoraUse& lora : r.loras) {
    Json item = {{"name", lora.name}, {"weight", lora.weight}};
    if (lora.text_weight) item["text_weight"] = *lora.text_weight;
    json["loras"].push_back(std::move(item));
  }
  add("previews", r.previews, plain.previews);
  if (r.output != plain.output)
    json["output"] = {{"format", r.output.format}, {"quality", r.output.quality}};
  add("tags", r.tags, plain.tags);
  add("priority", r.priority, plain.priority);
  return json;
}

DrawRequest request_from_json(const Json& json, const std::string& where) {
  ConfigReader reader(without_nulls(json), where);
  DrawRequest r;
  std::string task(name(r.task));
  reader.optional("task", task);
  r.task = task_from_name(task);
  reader.optional("model", r.model);
  reader.optional("prompt", r.prompt);
  reader.optional("negative_prompt", r.negative_prompt);
  reader.optional("width", r.width);
  reader.optional("height", r.height);
  reader.optional("count", r.count);
  read_optional(reader, "seed", r.seed);
  reader.optional("steps", r.steps);
  read_optional(reader, "guidance", r.guidance);
  reader.optional("sampler", r.sampler);
  reader.optional("schedule", r.schedule);
  read_optional(reader, "eta", r.eta);
  reader.optional("clip_skip", r.clip_skip);
  reader.optional("noise", r.noise);
  reader.optional("picture", r.picture);
  reader.optional("mask", r.mask);
  reader.optional("mask_invert", r.mask_invert);
  read_optional(reader, "strength", r.strength);
  reader.optional("mask_blur", r.mask_blur);
  reader.optional("only_masked", r.only_masked);
  reader.optional("padding", r.padding);
  reader.optional("amount", r.amount);
  reader.optional("scale", r.scale);
  if (reader.has("hires")) {
    ConfigReader hires = reader.child("hires");
    r.hires.emplace();
    hires.optional("scale", r.hires->scale);
    hires.optional("strength", r.hires->strength);
    hires.optional("steps", r.hires->steps);
    hires.finish();
  }
  for (ConfigReader& lora : reader.children("loras")) {
    LoraUse& use = r.loras.emplace_back();
    lora.required("name", use.name);
    lora.optional("weight", use.weight);
    read_optional(lora, "text_weight", use.text_weight);
    lora.finish();
  }
  reader.optional("previews", r.previews);
  if (reader.has("output")) {
    ConfigReader output = reader.child("output");
    output.optional("format", r.output.format);
    output.optional("quality", r.output.quality);
    output.finish();
  }
  reader.optional("tags", r.tags);
  reader.optional("priority", r.priority);
  reader.finish();
  check(r);
  return r;
}

void check_tags(const std::vector<std::string>& tags) {
  if (tags.size() > 16) reject("tags", fmt::format("are {}, expected at most 16", tags.size()));
  for (const std::string& tag : tags) {
    if (tag.empty() || tag.size() > 64)
      reject("tags", fmt::format("has one of {} bytes, expected 1 to 64", tag.size()));
  }
}

void check(const DrawRequest& r) {
  for (const auto& [field, text] :
       {std::pair{"prompt", &r.prompt}, {"negative_prompt", &r.negative_prompt}}) {
    if (text->size() > kLongestPrompt)
      reject(field, fmt::format("has {} bytes, expected at most {}", text->size(), kLongestPrompt));
    if (text->find('\0') != std::string::npos) reject(field, "has a zero character in it");
  }
  if (r.task == Task::kImagine && r.prompt.find_first_not_of(" \t\r\n") == std::string::npos)
    reject("prompt", "is empty; say what to draw");
  for (const auto& [field, side] : {std::pair{"width", r.width}, {"height", r.height}}) {
    if (side != 0 && (side < 64 || side > kLargestSide))
      reject(field, fmt::format("is {}, expected 64 to {} pixels", side, kLargestSide));
  }
  check_range("count", r.count, 1, kMostPictures);
  if (r.seed && *r.seed > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    reject("seed", fmt::format("is {}, expected at most 2^63 - 1", *r.seed));
  if (r.steps != 0) check_range("steps", r.steps, 1, 200);
  if (r.guidance) check_range("guidance", *r.guidance, 0.0, 100.0);
  if (r.eta) check_range("eta", *r.eta, 0.0, 1.0);
  check_range("clip_skip", r.clip_skip, 0, 12);
  if (!r.noise.empty()) one_of("noise", r.noise, {"cpu", "gpu"});
  if (r.strength) check_range("strength", *r.strength, 0.0, 1.0);
  check_range("mask_blur", r.mask_blur, 0, 256);
  check_range("padding", r.padding, 0, 1024);
  one_of("amount", r.amount, {"small", "strong"});
  if (!(r.scale > 1 && r.scale <= 8))
    reject("scale", fmt::format("is {}, expected above 1, up to 8", r.scale));
  if (r.hires) {
    if (!(r.hires->scale > 1 && r.hires->scale <= 4))
      reject("hires.scale", fmt::format("is {}, expected above 1, up to 4", r.hires->scale));
    if (!(r.hires->strength > 0 && r.hires->strength <= 1))
      reject("hires.strength", fmt::format("is {}, expected above 0, up to 1", r.hires->strength));
    if (r.hires->steps != 0) check_range("hires.steps", r.hires->steps, 1, 200);
  }
  if (r.loras.size() > kMostLoras)
    reject("loras", fmt::format("are {}, expected at most {}", r.loras.size(), kMostLoras));
  for (const LoraUse& lora : r.loras) {
    if (lora.name.empty() || lora.name.size() > 200)
      reject("loras", fmt::format("has a name of {} bytes, expected 1 to 200", lora.name.size()));
    for (const double weight : {lora.weight, lora.text_weight.value_or(lora.weight)})
      check_range("loras", weight, -text::kLargestLoraWeight, text::kLargestLoraWeight);
  }
  one_of("output.format", r.output.format, {"png", "jpg", "webp"});
  check_range("output.quality", r.output.quality, 1, 100);
  check_tags(r.tags);
  check_range("priority", r.priority, -10, 10);

  const bool needs_picture = r.task != Task::kImagine;
  if (needs_picture && r.picture.empty())
    reject("picture", fmt::format("is missing; '{}' works on one", name(r.task)));
  if (!needs_picture && !r.picture.empty())
    reject("picture", "is given, but 'imagine' starts from words alone; use the task edit");
  if (r.task == Task::kInpaint && r.mask.empty())
    reject("mask", "is missing; white is what is painted anew");
  if (r.task != Task::kInpaint && !r.mask.empty())
    reject("mask", fmt::format("is given, but the task is '{}'; use inpaint", name(r.task)));
}

Json request_schema() {
  const auto text = [](size_t longest) { return Json{{"type", "string"}, {"maxLength", longest}}; };
  const auto whole = [](int64_t low, int64_t high) {
    return Json{{"type", "integer"}, {"minimum", low}, {"maximum", high}};
  };
  const auto real = [](double low, double high) {
    return Json{{"type", "number"}, {"minimum", low}, {"maximum", high}};
  };
  const auto choice = [](const auto& names) { return Json{{"type", "string"}, {"enum", names}}; };
  const Json flag = {{"type", "boolean"}};
  const Json side = {{"anyOf", {{{"const", 0}}, whole(64, kLargestSide)}}};
  Json above_one = {{"type", "number"}, {"exclusiveMinimum", 1}};
  const auto scale = [&](int most) {
    Json schema = above_one;
    schema["maximum"] = most;
    return schema;
  };
  Json properties = {
      {"task", choice(kTasks)},
      {"model", text(200)},
      {"prompt", text(kLongestPrompt)},
      {"negative_prompt", text(kLongestPrompt)},
      {"width", side},
      {"height", side},
      {"count", whole(1, kMostPictures)},
      {"seed", whole(0, std::numeric_limits<int64_t>::max())},
      {"steps", whole(0, 200)},
      {"guidance", real(0, 100)},
      {"sampler", text(100)},
      {"schedule", text(100)},
      {"eta", real(0, 1)},
      {"clip_skip", whole(0, 12)},
      {"noise", choice(std::array{"cpu", "gpu"})},
      {"picture", {{"type", "string"}}},
      {"mask", {{"type", "string"}}},
      {"mask_invert", flag},
      {"strength", real(0, 1)},
      {"mask_blur", whole(0, 256)},
      {"only_masked", flag},
      {"padding", whole(0, 1024)},
      {"amount", choice(std::array{"small", "strong"})},
      {"scale", scale(8)},
      {"hires",
       {{"type", "object"},
        {"additionalProperties", false},
        {"properties",
         {{"scale", scale(4)},
          {"strength", {{"type", "number"}, {"exclusiveMinimum", 0}, {"maximum", 1}}},
          {"steps", whole(0, 200)}}}}},
      {"loras",
       {{"type", "array"},
        {"maxItems", kMostLoras},
        {"items",
         {{"type", "object"},
          {"additionalProperties", false},
          {"required", {"name"}},
          {"properties",
           {{"name", {{"type", "string"}, {"minLength", 1}, {"maxLength", 200}}},
            {"weight", real(-text::kLargestLoraWeight, text::kLargestLoraWeight)},
            {"text_weight", real(-text::kLargestLoraWeight, text::kLargestLoraWeight)}}}}}}},
      {"previews", flag},
      {"output",
       {{"type", "object"},
        {"additionalProperties", false},
        {"properties",
         {{"format", choice(std::array{"png", "jpg", "webp"})}, {"quality", whole(1, 100)}}}}},
      {"tags",
       {{"type", "array"},
        {"maxItems", 16},
        {"items", {{"type", "string"}, {"minLength", 1}, {"maxLength", 64}}}}},
      {"priority", whole(-10, 10)}};
  for (auto& item : properties.items())
    item.value() = {{"anyOf", {item.value(), {{"type", "null"}}}}};
  return {{"type", "object"}, {"additionalProperties", false}, {"properties", properties}};
}

std::string batch_key(const DrawRequest& request) {
  if (request.task != Task::kImagine || request.hires) return "";
  DrawRequest alike = request;
  alike.prompt.clear();
  alike.negative_prompt.clear();
  alike.seed.reset();
  alike.previews = true;
  alike.output = {};
  alike.tags.clear();
  alike.priority = 0;
  const std::string text = to_json(alike).dump();
  return sha256_hex(std::as_bytes(std::span(text)));
}

double cost(const DrawRequest& r) {
  const double width = r.width > 0 ? r.width : 512, height = r.height > 0 ? r.height : 512;
  double each = width * height * (r.steps > 0 ? r.steps : 20);
  if (r.hires) {
    const double steps = r.hires->steps > 0 ? r.hires->steps : (r.steps > 0 ? r.steps : 20);
    each += width * height * r.hires->scale * r.hires->scale * steps * r.hires->strength;
  }
  if (r.task == Task::kUpscale) each = width * height * r.scale * r.scale;
  return each * r.count;
}

}  // namespace lienzo::service
