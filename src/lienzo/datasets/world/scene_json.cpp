#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "lienzo/base/error.h"
#include "lienzo/datasets/world/scene.h"

namespace lienzo::datasets::world {
namespace {

constexpr std::array<std::string_view, kShapes> kShapeNames = {
    "cube", "sphere", "cylinder", "cone", "pyramid", "ring", "sign"};
constexpr std::array<std::string_view, kColours> kColourNames = {"red",
                                                                 "green",
                                                                 "blue",
                                                                 "yellow",
                                                                 "orange",
                                                                 "purple",
                                                                 "pink",
                                                                 "brown",
                                                                 "white",
                                                                 "grey",
                                                                 "black"};
constexpr std::array<std::string_view, kMaterials> kMaterialNames = {"matte", "metal", "glass"};
constexpr std::array<std::string_view, kSizes> kSizeNames = {"small", "large"};
constexpr std::array<std::string_view, kBackgrounds> kBackgroundNames = {
    "day", "night", "sunset", "sand", "grass", "water", "snow", "wall", "wood", "studio"};
constexpr std::array<std::string_view, kRelations> kRelationNames = {
    "on_top_of", "under", "left_of", "right_of", "in_front_of", "behind", "inside", "between"};

[[noreturn]] void fail(std::string_view where, const std::string& message) {
  throw Error(ErrorKind::kInvalidInput, fmt::format("[scene] {}: {}", where, message));
}

template <typename Enum, size_t N>
Enum parse(const Json& value,
           const std::array<std::string_view, N>& names,
           std::string_view where,
           std::string_view key) {
  if (value.is_string()) {
    const auto found = std::find(names.begin(), names.end(), value.get<std::string>());
    if (found != names.end()) return static_cast<Enum>(found - names.begin());
  }
  fail(where,
       fmt::format("'{}' is {}, expected one of {}", key, value.dump(), fmt::join(names, ", ")));
}

int parse_int(const Json& value, std::string_view where, std::string_view key) {
  if (!value.is_number_integer())
    fail(where, fmt::format("'{}' is {}, expected a whole number", key, value.dump()));
  // Above the range of int64_t, get<int64_t>() would give another number.
  const bool too_large = value.is_number_unsigned() && value.get<uint64_t>() > 100000;
  const auto number = value.get<int64_t>();
  if (too_large || number < -100000 || number > 100000)
    fail(where, fmt::format("'{}' is {}, out of range", key, value.dump()));
  return static_cast<int>(number);
}

// The eñe is one char in memory and UTF-8 in files.
std::string word_to_utf8(std::string_view word) {
  std::string text;
  for (char letter : word) letter == '~' ? text += "\xC3\x91" : text += letter;
  return text;
}

std::string word_from_utf8(std::string text, std::string_view where) {
  for (size_t at; (at = text.find("\xC3\x91")) != std::string::npos;) text.replace(at, 2, 1, '~');
  for (char letter : text) {
    if (kLetters.find(letter) == std::string_view::npos) {
      fail(where,
           fmt::format("'word' is \"{}\", expected 1 to {} letters A-Z or Ñ", text, kMaxLetters));
    }
  }
  return text;
}

Object object_from_json(const Json& json, std::string_view where) {
  if (!json.is_object()) fail(where, "each object must be a JSON object");
  Object object;
  for (const auto& [key, value] : json.items()) {
    if (key == "shape")
      object.shape = parse<Shape>(value, kShapeNames, where, key);
    else if (key == "colour")
      object.colour = parse<Colour>(value, kColourNames, where, key);
    else if (key == "material")
      object.material = parse<Material>(value, kMaterialNames, where, key);
    else if (key == "size")
      object.size = parse<Size>(value, kSizeNames, where, key);
    else if (key == "yaw")
      object.yaw = parse_int(value, where, key);
    else if (key == "x")
      object.x = parse_int(value, where, key);
    else if (key == "z")
      object.z = parse_int(value, where, key);
    else if (key == "elevation")
      object.elevation = parse_int(value, where, key);
    else if (key == "word") {
      if (!value.is_string()) fail(where, "'word' must be a string");
      object.word = word_from_utf8(value.get<std::string>(), where);
    } else if (key != "box") {  // written for readers, computed from the rest
      fail(where,
           fmt::format("unknown key '{}', expected shape, colour, material, size, yaw, x, z, "
                       "elevation or word",
                       key));
    }
  }
  if (!json.contains("shape")) fail(where, "an object has no 'shape'");
  return object;
}

void check_range(std::string_view what, size_t index, int value, int low, int high) {
  if (value < low || value > high) {
    fail(fmt::format("objects[{}]", index),
         fmt::format("{} is {}, expected {} to {}", what, value, low, high));
  }
}

}  // namespace

std::string_view name(Shape value) { return kShapeNames.at(static_cast<size_t>(value)); }
std::string_view name(Colour value) { return kColourNames.at(static_cast<size_t>(value)); }
std::string_view name(Material value) { return kMaterialNames.at(static_cast<size_t>(value)); }
std::string_view name(Size value) { return kSizeNames.at(static_cast<size_t>(value)); }
std::string_view name(Background value) { return kBackgroundNames.at(static_cast<size_t>(value)); }
std::string_view name(Relation value) { return kRelationNames.at(static_cast<size_t>(value)); }

void check_scene(const Scene& scene) {
  if (scene.objects.empty() || scene.objects.size() > kMaxObjects) {
    fail("objects",
         fmt::format("got {} objects, expected 1 to {}", scene.objects.size(), kMaxObjects));
  }
  if (scene.variant < 0 || scene.variant >= kVariants) {
    fail("variant", fmt::format("is {}, expected 0 to {}", scene.variant, kVariants - 1));
  }
  for (size_t i = 0; i < scene.objects.size(); ++i) {
    const Object& object = scene.objects[i];
    check_range("yaw", i, object.yaw, 0, kYaws - 1);
    check_range("x", i, object.x, kMinX, kMaxX);
    check_range("z", i, object.z, kMinZ, kMaxZ);
    check_range("elevation", i, object.elevation, 0, kMaxElevation);
    const bool is_sign = object.shape == Shape::kSign;
    if (is_sign != !object.word.empty() || object.word.size() > kMaxLetters) {
      fail(fmt::format("objects[{}]", i),
           is_sign ? fmt::format("a sign needs a 'word' of 1 to {} letters", kMaxLetters)
                   : "only a sign bears a 'word'");
    }
    if (is_sign && object.material != Material::kMatte)
      fail(fmt::format("objects[{}]", i), "a sign must be matte");
    if (object.yaw != 0 && !turns(object.shape)) {
      fail(fmt::format("objects[{}]", i), "only cubes and pyramids turn; yaw must be 0");
    }
  }
}

Json to_json(const Scene& scene) {
  Json json;
  json["background"] = name(scene.background);
  json["variant"] = scene.variant;
  json["objects"] = Json::array();
  for (const Object& object : scene.objects) {
    Json item;
    item["shape"] = name(object.shape);
    item["colour"] = name(object.colour);
    item["material"] = name(object.material);
    item["size"] = name(object.size);
    if (!object.word.empty()) item["word"] = word_to_utf8(object.word);
    item["x"] = object.x;
    item["z"] = object.z;
    item["elevation"] = object.elevation;
    item["yaw"] = object.yaw;
    json["objects"].push_back(std::move(item));
  }
  return json;
}

Scene scene_from_json(const Json& json, std::string_view where) {
  if (!json.is_object()) fail(where, "expected a JSON object with 'background' and 'objects'");
  Scene scene;
  for (const auto& [key, value] : json.items()) {
    if (key == "background")
      scene.background = parse<Background>(value, kBackgroundNames, where, key);
    else if (key == "variant")
      scene.variant = parse_int(value, where, key);
    else if (key == "objects") {
      if (!value.is_array()) fail(where, "'objects' must be a list");
      if (value.size() > kMaxObjects) {
        fail(where, fmt::format("got {} objects, expected 1 to {}", value.size(), kMaxObjects));
      }
      for (size_t i = 0; i < value.size(); ++i) {
        scene.objects.push_back(
            object_from_json(value[i], fmt::format("{}: objects[{}]", where, i)));
      }
    } else {
      fail(where, fmt::format("unknown key '{}', expected background, variant or objects", key));
    }
  }
  check_scene(scene);
  return scene;
}

}  // namespace lienzo::datasets::world
