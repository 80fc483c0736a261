#include <algorithm>
#include <array>

#include "lienzo/base/error.h"
#include "lienzo/datasets/world/layout.h"

namespace lienzo::datasets::world {
namespace {

constexpr uint64_t kHeldOutSalt = 0x6C69656E7A6F;

constexpr std::string_view kWords[] = {
    "HOLA",    "SOL",    "LUNA",  "MAR",    "CASA",   "PAN",    "AMOR",   "PAZ",   "FLOR",
    "GATO",    "PERRO",  "VINO",  "CAFE",   "SAL",    "LUZ",    "RIO",    "CIELO", "TIENDA",
    "BAR",     "HOTEL",  "STOP",  "OPEN",   "HELLO",  "LOVE",   "SUN",    "MOON",  "STAR",
    "FREE",    "SALE",   "EXIT",  "TAXI",   "BUS",    "ZOO",    "MENU",   "ARTE",  "LIENZO",
    "CANVAS",  "NI~O",   "A~O",   "ESPA~A", "FERIA",  "FIESTA", "PLAYA",  "PARK",  "SCHOOL",
    "BOOK",    "MUSIC",  "CINE",  "TEATRO", "LIBRO",  "AGUA",   "FUEGO",  "NORTE", "SUR",
    "ESTE",    "OESTE",  "NORTH", "SOUTH",  "EAST",   "WEST",   "ROJO",   "AZUL",  "VERDE",
    "RED",     "BLUE",   "GREEN", "UNO",    "DOS",    "TRES",   "ONE",    "TWO",   "THREE",
    "SI",      "NO",     "YES",   "OK",     "FIN",    "END",    "INICIO", "START", "WELCOME",
    "GRACIAS", "THANKS", "MUSEO", "PARQUE", "PUERTO", "RADIO",  "JAZZ",   "ROCK",  "KIWI",
    "QUESO",   "WIFI",   "EXTRA", "FAX",    "YOGA",   "JUEGO",  "QUIZ",   "ZUMO",  "HUEVO"};

std::string invent_word(Random& random) {
  constexpr std::string_view kConsonants = "BCDFGHJKLMNPQRSTVWXYZ~", kVowels = "AEIOU";
  const int length = random.integer(1, kMaxLetters);
  const bool free_letters = random.chance(0.5);
  std::string word;
  bool vowel = random.chance(0.4);
  while (static_cast<int>(word.size()) < length) {
    if (free_letters) {
      word += random.pick(std::span<const char>(kLetters));
    } else {
      word += random.pick(std::span<const char>(vowel ? kVowels : kConsonants));
      vowel = !vowel || random.chance(0.15);
    }
  }
  return word;
}

ObjectSpec sample_object(Random& random) {
  ObjectSpec spec;
  if (random.chance(0.11)) {
    spec.shape = Shape::kSign;
    if (random.chance(0.88)) spec.word = sample_word(random);
  } else if (random.chance(0.96)) {
    spec.shape = static_cast<Shape>(random.integer(0, kShapes - 2));
  }
  if (random.chance(spec.shape == Shape::kSign ? 0.6 : 0.85))
    spec.colour = static_cast<Colour>(random.integer(0, kColours - 1));
  if (spec.shape != Shape::kSign && random.chance(0.26)) {
    const double u = random.uniform();
    spec.material = u < 0.55 ? Material::kGlass : u < 0.92 ? Material::kMetal : Material::kMatte;
  }
  if (random.chance(0.18)) spec.size = static_cast<Size>(random.integer(0, 1));
  return spec;
}

Relation sample_relation(Random& random) {
  return static_cast<Relation>(random.integer(0, kRelations - 2));
}

void add_objects(SceneSpec& spec, int count, Random& random) {
  while (static_cast<int>(spec.objects.size()) < count)
    spec.objects.push_back(sample_object(random));
}

// "Inside" asks for a container, which is rare by chance: steer it.
void steer_inside(SceneSpec& spec, const RelationSpec& relation, Random& random) {
  if (relation.relation != Relation::kInside) return;
  constexpr Shape kContainers[] = {Shape::kCube, Shape::kSphere, Shape::kCylinder, Shape::kRing};
  ObjectSpec& container = spec.objects[relation.object];
  ObjectSpec& content = spec.objects[relation.subject];
  container.word.reset();
  container.shape = random.pick(std::span<const Shape>(kContainers));
  if (container.material && container.shape != Shape::kRing) container.material = Material::kGlass;
  if (container.size) container.size = Size::kLarge;
  content.word.reset();
  if (content.shape) content.shape = static_cast<Shape>(random.integer(0, kShapes - 3));
  if (content.material == Material::kGlass) content.material.reset();
  if (content.size) content.size = Size::kSmall;
}

void add_relation(SceneSpec& spec, RelationSpec relation, Random& random) {
  steer_inside(spec, relation, random);
  spec.relations.push_back(relation);
}

// Names a held-out combination as the subject of the first relation.
SceneSpec sample_held_out_spec(Random& random) {
  for (;;) {
    SceneSpec spec = sample_spec(random);
    if (spec.relations.empty()) continue;
    const RelationSpec r = spec.relations.front();
    ObjectSpec& subject = spec.objects[r.subject];
    if (!subject.shape) continue;
    subject.colour = static_cast<Colour>(random.integer(0, kColours - 1));
    if (is_held_out(*subject.colour, *subject.shape, r.relation)) return spec;
  }
}

}  // namespace

std::string data_version() { return "world 2"; }

bool is_held_out(Colour colour, Shape shape, Relation relation) {
  const uint64_t combination =
      (static_cast<uint64_t>(colour) * kShapes + static_cast<uint64_t>(shape)) * kRelations +
      static_cast<uint64_t>(relation);
  return mix_bits(kHeldOutSalt, combination) % 20 == 0;
}

bool is_held_out(std::string_view word) {
  uint64_t hash = kHeldOutSalt;
  for (char letter : word) hash = mix_bits(hash, static_cast<unsigned char>(letter));
  return hash % 10 == 0;
}

bool has_held_out(const Scene& scene) {
  const int count = static_cast<int>(scene.objects.size());
  for (int a = 0; a < count; ++a) {
    const Object& subject = scene.objects[a];
    if (!subject.word.empty() && is_held_out(subject.word)) return true;
    for (int kind = 0; kind < kRelations; ++kind) {
      const auto relation = static_cast<Relation>(kind);
      if (!is_held_out(subject.colour, subject.shape, relation)) continue;
      for (int b = 0; b < count; ++b) {
        if (b == a) continue;
        if (relation != Relation::kBetween) {
          if (holds(scene, {relation, a, b})) return true;
          continue;
        }
        for (int c = b + 1; c < count; ++c) {
          if (c != a && holds(scene, {relation, a, b, c})) return true;
        }
      }
    }
  }
  return false;
}

std::string sample_word(Random& random) {
  return random.chance(0.45) ? std::string(random.pick(std::span<const std::string_view>(kWords)))
                             : invent_word(random);
}

SceneSpec sample_spec(Random& random) {
  SceneSpec spec;
  if (random.chance(0.55))
    spec.background = static_cast<Background>(random.integer(0, kBackgrounds - 1));
  const double kind = random.uniform();
  if (kind < 0.14) {  // one object
    add_objects(spec, 1, random);
  } else if (kind < 0.48) {  // two objects in relation
    add_objects(spec, 2, random);
    add_relation(spec, {sample_relation(random), 0, 1}, random);
  } else if (kind < 0.57) {  // one between two
    add_objects(spec, 3, random);
    add_relation(spec, {Relation::kBetween, 0, 1, 2}, random);
  } else if (kind < 0.71) {  // several of a kind
    ObjectSpec one = sample_object(random);
    one.word.reset();
    if (one.shape == Shape::kSign) one.shape = Shape::kCube;
    spec.objects.assign(static_cast<size_t>(random.integer(2, kMaxObjects)), one);
  } else if (kind < 0.84) {  // a list
    add_objects(spec, random.integer(2, kMaxObjects), random);
  } else {  // a relation and more, or a chain
    const int count = random.integer(3, kMaxObjects);
    add_objects(spec, count, random);
    add_relation(spec, {sample_relation(random), 0, 1}, random);
    if (random.chance(0.6)) {
      Relation second = sample_relation(random);
      if (second == Relation::kInside) second = Relation::kLeftOf;
      add_relation(spec, {second, 2, random.integer(0, 1)}, random);
    }
  }
  return spec;
}

Example sample_example(uint64_t seed, uint64_t index, Split split) {
  Random random(seed, index);
  for (int attempt = 0; attempt < 10000; ++attempt) {
    SceneSpec spec = split == Split::kHeldOut ? sample_held_out_spec(random) : sample_spec(random);
    auto scene = sample_scene(spec, random);
    if (!scene || (split == Split::kTraining && has_held_out(*scene))) continue;
    return {std::move(spec), std::move(*scene)};
  }
  throw Error(ErrorKind::kInternal, "[world] no scene found in 10000 attempts");
}

}  // namespace lienzo::datasets::world
