#include "lienzo/cli/scene_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "lienzo/image/draw.h"
#include "lienzo/image/resize.h"

namespace lienzo::cli {
namespace {

namespace world = datasets::world;

constexpr int kSmallestSide = 512;  // below this, names would cover what they name
constexpr image::Colour kFrames[world::kMaxObjects] = {
    {230, 40, 40}, {30, 90, 230}, {20, 140, 60}, {170, 40, 190}, {220, 120, 0}};

// Signs keep eñe as '~'; see Object::word.
std::string spell(const std::string& word) {
  std::string text;
  for (char letter : word) text += letter == '~' ? std::string("Ñ") : std::string(1, letter);
  return text;
}

std::string label(const world::Object& object, size_t index) {
  std::string text =
      fmt::format("{} {} {}", index, world::name(object.colour), world::name(object.shape));
  if (object.material != world::Material::kMatte)
    text += fmt::format(", {}", world::name(object.material));
  if (!object.word.empty()) text += fmt::format(" \"{}\"", spell(object.word));
  return text;
}

void draw_name(
    image::Image& sheet, int x, int bottom, const std::string& text, image::Colour frame) {
  const image::Image letters = image::render_text(text);
  const int width = letters.width + 6;
  const int height = letters.height + 4;
  const int left = std::clamp(x, 0, std::max(0, sheet.width - width));
  const int top = std::clamp(bottom - height, 0, std::max(0, sheet.height - height));
  image::draw_rectangle(sheet, left, top, left + width - 1, top + height - 1, frame, height);
  image::draw_text(sheet, left + 3, top + 2, text, image::kWhite);
}

}  // namespace

image::Image draw_scene_boxes(const image::Image& picture, const world::Scene& scene) {
  const int shorter = std::min(picture.width, picture.height);
  const int factor = (kSmallestSide + shorter - 1) / shorter;
  image::Image sheet = factor > 1
                           ? image::resize(picture, picture.width * factor, picture.height * factor)
                           : picture;
  const auto across = [&](double x) { return static_cast<int>(std::lround(x * sheet.width)); };
  const auto down = [&](double y) { return static_cast<int>(std::lround(y * sheet.height)); };
  for (size_t k = 0; k < scene.objects.size(); ++k) {
    const world::Box box = world::picture_box(scene.objects[k]);
    image::draw_rectangle(sheet,
                          across(box.left),
                          down(box.top),
                          across(box.right) - 1,
                          down(box.bottom) - 1,
                          kFrames[k % world::kMaxObjects],
                          2);
  }
  // Names last, so that no frame crosses them.
  for (size_t k = 0; k < scene.objects.size(); ++k) {
    const world::Box box = world::picture_box(scene.objects[k]);
    draw_name(sheet,
              across(box.left),
              down(box.top),
              label(scene.objects[k], k),
              kFrames[k % world::kMaxObjects]);
  }
  return sheet;
}

}  // namespace lienzo::cli
