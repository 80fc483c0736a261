#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lienzo/base/json.h"

/// The small world that the embedded model learns: solids, rings and signs on simple backgrounds.
///
/// Geometry. Right-handed metres-like units: x to the right, y up, z away from the viewer; the
/// ground is y = 0. The camera is orthographic and looks down by 30 degrees, so that a solid looks
/// the same wherever it stands and its distance shows as height in the picture. All coordinates are
/// whole sixteenths of a unit, which makes every scene exactly expressible in tokens.
namespace lienzo::datasets::world {

enum class Shape : uint8_t { kCube, kSphere, kCylinder, kCone, kPyramid, kRing, kSign };
enum class Colour : uint8_t {
  kRed,
  kGreen,
  kBlue,
  kYellow,
  kOrange,
  kPurple,
  kPink,
  kBrown,
  kWhite,
  kGrey,
  kBlack
};
enum class Material : uint8_t { kMatte, kMetal, kGlass };
enum class Size : uint8_t { kSmall, kLarge };
enum class Background : uint8_t {
  kDay,
  kNight,
  kSunset,
  kSand,
  kGrass,
  kWater,
  kSnow,
  kWall,
  kWood,
  kStudio
};
enum class Relation : uint8_t {
  kOnTopOf,
  kUnder,
  kLeftOf,
  kRightOf,
  kInFrontOf,
  kBehind,
  kInside,
  kBetween
};

inline constexpr int kShapes = 7;
inline constexpr int kColours = 11;
inline constexpr int kMaterials = 3;
inline constexpr int kSizes = 2;
inline constexpr int kBackgrounds = 10;
inline constexpr int kRelations = 8;
inline constexpr int kMaxObjects = 5;
inline constexpr int kMaxLetters = 8;
/// Letters a sign can bear, in glyph order. Letters are bytes A-Z; '~' stands for the Spanish eñe
/// inside `Object::word` so that one letter is one char.
inline constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ~";
inline constexpr int kYaws = 4;      // orientation of cubes and pyramids: yaw * 22.5 degrees
inline constexpr int kVariants = 4;  // where the sun, moon, clouds or planks of a background are
inline constexpr int kUnit = 16;     // coordinate steps per unit
inline constexpr int kMinX = -32, kMaxX = 31;  // centre of an object: 64 places across
inline constexpr int kMinZ = -4, kMaxZ = 43;   // 48 places in depth
inline constexpr int kMaxElevation = 47;       // 48 heights

/// English identifiers, lower case ("red", "on_top_of", "cube"): for JSON, tables and messages.
std::string_view name(Shape value);
std::string_view name(Colour value);
std::string_view name(Material value);
std::string_view name(Size value);
std::string_view name(Background value);
std::string_view name(Relation value);

/// One solid. Matte is the default look; a sign is always matte.
struct Object {
  Shape shape = Shape::kCube;
  Colour colour = Colour::kRed;
  Material material = Material::kMatte;
  Size size = Size::kLarge;
  int yaw = 0;        // 0..kYaws-1; cubes and pyramids only, else 0
  int x = 0;          // centre, sixteenths; 0 is the middle of the picture
  int z = 0;          // centre, sixteenths; larger is farther away
  int elevation = 0;  // height of the base above the ground, sixteenths
  std::string word;   // signs only: 1..kMaxLetters of kLetters
  bool operator==(const Object&) const = default;
};

/// A whole picture's worth of world. Everything that can vary in a picture is in here.
struct Scene {
  Background background = Background::kDay;
  int variant = 0;  // 0..kVariants-1
  std::vector<Object> objects;
  bool operator==(const Scene&) const = default;
};

/// What a caption says of one object; what it leaves out is nullopt.
struct ObjectSpec {
  std::optional<Shape> shape;
  std::optional<Colour> colour;
  std::optional<Material> material;
  std::optional<Size> size;
  std::optional<std::string> word;  // same spelling as Object::word
  bool operator==(const ObjectSpec&) const = default;
};

/// `subject relation object`, e.g. "0 on top of 1"; kBetween has two objects: "0 between 1 and 2".
struct RelationSpec {
  Relation relation = Relation::kOnTopOf;
  int subject = 0;
  int object = 1;
  int second = -1;  // kBetween only
  bool operator==(const RelationSpec&) const = default;
};

/// The meaning of a caption: a partial scene. The number of objects is always known.
struct SceneSpec {
  std::vector<ObjectSpec> objects;  // 1..kMaxObjects, indices used by relations
  std::vector<RelationSpec> relations;
  std::optional<Background> background;
  bool operator==(const SceneSpec&) const = default;
};

/// Axis-aligned box in picture coordinates: 0..1 from the left and from the top.
struct Box {
  double left = 0, top = 0, right = 0, bottom = 0;
};

/// Extents of one object in units.
struct Extent {
  double half_width = 0;  // along x
  double height = 0;      // along y
  double half_depth = 0;  // along z
};

/// Whether solids of this shape have a yaw: cubes and pyramids.
bool turns(Shape shape);

Extent extent(const Object& object);

/// The whole object's box, as if nothing stood in front of it.
Box picture_box(const Object& object);

/// Boxes of the letters of a sign, left to right; empty for other shapes.
std::vector<Box> letter_boxes(const Object& object);

/// Drawing order: indices from the farthest to the nearest object.
std::vector<int> back_to_front(const Scene& scene);

/// Whether the objects of `scene` stand in the relation; the same predicate builds, describes and
/// judges scenes.
bool holds(const Scene& scene, const RelationSpec& relation);

/// Fraction of each object's box that no nearer opaque object covers.
std::vector<double> visible_fractions(const Scene& scene);

/// Throws Error(kInvalidInput) naming the first value that is out of range.
void check_scene(const Scene& scene);

Json to_json(const Scene& scene);
/// `where` names the source in messages. Unknown keys and values are errors.
Scene scene_from_json(const Json& json, std::string_view where);

}  // namespace lienzo::datasets::world
