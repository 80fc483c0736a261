#include "lienzo/evaluation/faithfulness_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "lienzo/base/error.h"
#include "lienzo/base/random.h"
#include "lienzo/datasets/world/layout.h"

namespace lienzo::evaluation {
namespace {

namespace world = datasets::world;

constexpr uint64_t kSalt = 0xFA17;
constexpr double kPlain = 0.3;  // share of the prompts in the canonical form
constexpr int kAttempts = 10000;

world::Shape any_solid(Random& random) {
  return static_cast<world::Shape>(random.integer(0, world::kShapes - 2));
}
world::Colour any_colour(Random& random) {
  return static_cast<world::Colour>(random.integer(0, world::kColours - 1));
}

world::ObjectSpec named_solid(Random& random) {
  world::ObjectSpec spec;
  spec.shape = any_solid(random);
  spec.colour = any_colour(random);
  return spec;
}

/// Beside, in front of or behind: relations that any two objects can stand in.
world::RelationSpec side_by_side(Random& random) {
  constexpr world::Relation kRelations[] = {world::Relation::kLeftOf, world::Relation::kRightOf};
  return {random.pick(std::span<const world::Relation>(kRelations)), 0, 1};
}

world::SceneSpec sample_set_spec(FaithfulnessSet set, uint64_t index, Random& random) {
  world::SceneSpec spec;
  switch (set) {
    case FaithfulnessSet::kCounts:
      spec.objects.assign(1 + index % world::kMaxObjects, named_solid(random));
      break;
    case FaithfulnessSet::kGlass:
      spec.objects.push_back(named_solid(random));
      spec.objects.back().material = world::Material::kGlass;
      if (random.chance(0.5)) {
        spec.objects.push_back(named_solid(random));
        spec.relations.push_back(side_by_side(random));
      }
      break;
    case FaithfulnessSet::kSigns: {
      world::ObjectSpec sign;
      sign.shape = world::Shape::kSign;
      if (random.chance(0.6)) sign.colour = any_colour(random);
      do sign.word = world::sample_word(random);
      while (!world::is_held_out(*sign.word));
      spec.objects.push_back(sign);
      if (random.chance(0.5)) {
        spec.objects.push_back(named_solid(random));
        spec.relations.push_back(side_by_side(random));
      }
      break;
    }
    default:  // kBackgrounds; the others come from the world's own examples
      spec.objects.push_back(named_solid(random));
      if (random.chance(0.5)) {
        spec.objects.push_back(named_solid(random));
        spec.relations.push_back(side_by_side(random));
      }
      spec.background = static_cast<world::Background>(index % world::kBackgrounds);
  }
  return spec;
}

world::Example make_example(FaithfulnessSet set, uint64_t seed, uint64_t index) {
  const bool held_out = set == FaithfulnessSet::kHeldOut;
  for (uint64_t attempt = 0; attempt < kAttempts; ++attempt) {
    if (held_out || set == FaithfulnessSet::kSeen) {
      world::Example example =
          world::sample_example(mix_bits(seed, kSalt),
                                index * kAttempts + attempt,
                                held_out ? world::Split::kHeldOut : world::Split::kTraining);
      if (example.spec.relations.empty() || example.spec.objects.size() > 3) continue;
      for (size_t i = 0; i < example.spec.objects.size(); ++i) {
        example.spec.objects[i].shape = example.scene.objects[i].shape;
        example.spec.objects[i].colour = example.scene.objects[i].colour;
      }
      return example;
    }
    Random random(mix_bits(seed, kSalt + 1 + static_cast<uint64_t>(set)),
                  index * kAttempts + attempt);
    world::SceneSpec spec = sample_set_spec(set, index, random);
    if (std::optional<world::Scene> scene = world::sample_scene(spec, random))
      return {std::move(spec), std::move(*scene)};
  }
  throw Error(ErrorKind::kInternal,
              fmt::format("[faithfulness] no scene of the set {} found", name(set)));
}

}  // namespace

const std::vector<std::string>& faithfulness_set_names() {
  static const std::vector<std::string> names = {
      "held-out", "seen", "counts", "glass", "signs", "backgrounds"};
  return names;
}

std::string_view name(FaithfulnessSet set) {
  return faithfulness_set_names().at(static_cast<size_t>(set));
}

FaithfulnessSet faithfulness_set(std::string_view wanted) {
  const std::vector<std::string>& names = faithfulness_set_names();
  const auto found = std::find(names.begin(), names.end(), wanted);
  if (found != names.end()) return static_cast<FaithfulnessSet>(found - names.begin());
  throw Error(
      ErrorKind::kInvalidInput,
      fmt::format(
          "[faithfulness] set, got \"{}\", expected one of: {}", wanted, fmt::join(names, ", ")));
}

FaithfulnessCase make_case(FaithfulnessSet set,
                           world::Language language,
                           uint64_t seed,
                           uint64_t index) {
  world::Example example = make_example(set, seed, index);
  Random random(mix_bits(seed, kSalt + 100 + static_cast<uint64_t>(language)), index);
  FaithfulnessCase result;
  result.prompt = random.chance(kPlain) ? world::describe_plain(example.spec, language)
                                        : world::describe(example.spec, language, random);
  result.spec = std::move(example.spec);
  result.truth = std::move(example.scene);
  return result;
}

}  // namespace lienzo::evaluation
