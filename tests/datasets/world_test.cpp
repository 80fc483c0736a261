#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <span>
#include <string>

#include "lienzo/base/error.h"
#include "lienzo/base/hash.h"
#include "lienzo/datasets/world/captions.h"
#include "lienzo/datasets/world/layout.h"
#include "lienzo/datasets/world/prior_text.h"
#include "lienzo/datasets/world/renderer.h"
#include "lienzo/datasets/world/scene_map.h"
#include "lienzo/datasets/world/scene_tokens.h"

namespace lienzo::datasets::world {
namespace {

TEST(Layout, ScenesMeanWhatTheirSpecSays) {
  for (uint64_t i = 0; i < 400; ++i) {
    const Example example = sample_example(7, i, Split::kTraining);
    ASSERT_EQ(example.scene.objects.size(), example.spec.objects.size());
    check_scene(example.scene);
    EXPECT_TRUE(is_physical(example.scene)) << i;
    for (const RelationSpec& relation : example.spec.relations)
      EXPECT_TRUE(holds(example.scene, relation)) << i;
    for (size_t k = 0; k < example.spec.objects.size(); ++k) {
      const ObjectSpec& wanted = example.spec.objects[k];
      const Object& object = example.scene.objects[k];
      EXPECT_EQ(object.shape, wanted.shape.value_or(object.shape));
      EXPECT_EQ(object.colour, wanted.colour.value_or(object.colour));
      if (object.shape != Shape::kSign) {
        EXPECT_EQ(object.material, wanted.material.value_or(object.material));
      }
      EXPECT_EQ(object.word, wanted.word.value_or(object.word));
    }
    EXPECT_EQ(example.scene.background, example.spec.background.value_or(example.scene.background));
  }
}

TEST(Layout, TowersAreBuiltFromBelowAndNothingFloats) {
  SceneSpec spec;
  for (const Shape shape : {Shape::kCone, Shape::kSphere, Shape::kCube}) {
    spec.objects.emplace_back();
    spec.objects.back().shape = shape;
  }
  // A cone to the left of a sphere, and a cube under the cone.
  spec.relations = {{Relation::kLeftOf, 0, 1}, {Relation::kUnder, 2, 0}};
  Random random(5);
  for (int i = 0; i < 20; ++i) {
    const auto scene = sample_scene(spec, random);
    ASSERT_TRUE(scene);
    EXPECT_GT(scene->objects[0].elevation, 0);
    EXPECT_EQ(scene->objects[1].elevation, 0);
    EXPECT_EQ(scene->objects[2].elevation, 0);
    EXPECT_TRUE(is_physical(*scene));
    Scene floating = *scene;
    floating.objects[1].elevation = 10;
    EXPECT_FALSE(is_supported(floating, 1));
    EXPECT_FALSE(is_physical(floating));
  }
}

TEST(Layout, ClearScenesHideNothingAndDeceiveNobody) {
  Object cone, ring;
  cone.shape = Shape::kCone;
  ring.shape = Shape::kRing;
  ring.size = Size::kSmall;
  ring.x = 12;
  ring.z = 20;
  EXPECT_TRUE(is_clear({.objects = {cone, ring}}));
  Object cube;
  ring.x = 3;
  ring.z = 12;  // half hidden
  EXPECT_TRUE(is_physical({.objects = {cube, ring}}));
  EXPECT_FALSE(is_clear({.objects = {cube, ring}}));
  // So far behind that it seems to stand on the cone's tip.
  ring.x = 0;
  ring.z = static_cast<int>(std::lround(extent(cone).height * kUnit * std::sqrt(3.0)));
  EXPECT_TRUE(is_physical({.objects = {cone, ring}}));
  EXPECT_FALSE(is_clear({.objects = {cone, ring}}));
  ring.elevation = static_cast<int>(std::lround(extent(cone).height * kUnit));
  ring.z = 0;  // on the tip
  EXPECT_TRUE(is_clear({.objects = {cone, ring}}));
}

TEST(Layout, TrainingNeverShowsTheHeldOutSet) {
  for (uint64_t i = 0; i < 2000; ++i) {
    EXPECT_FALSE(has_held_out(sample_example(1, i, Split::kTraining).scene)) << i;
  }
  int named = 0;
  for (uint64_t i = 0; i < 50; ++i) {
    const Example example = sample_example(1, i, Split::kHeldOut);
    const RelationSpec r = example.spec.relations.front();
    const ObjectSpec& subject = example.spec.objects[r.subject];
    named += is_held_out(*subject.colour, *subject.shape, r.relation) ? 1 : 0;
  }
  EXPECT_EQ(named, 50);
}

TEST(Layout, IsAPureFunctionOfSeedAndIndex) {
  const Example a = sample_example(3, 12345, Split::kAll),
                b = sample_example(3, 12345, Split::kAll);
  EXPECT_EQ(a.scene, b.scene);
  EXPECT_EQ(a.spec, b.spec);
  EXPECT_NE(a.scene, sample_example(3, 12346, Split::kAll).scene);
}

TEST(Layout, CoversTheWholeWorld) {
  std::set<int> shapes, colours, materials, backgrounds, relations, counts;
  for (uint64_t i = 0; i < 1500; ++i) {
    const Example example = sample_example(5, i, Split::kAll);
    counts.insert(static_cast<int>(example.scene.objects.size()));
    backgrounds.insert(static_cast<int>(example.scene.background));
    for (const auto& r : example.spec.relations) relations.insert(static_cast<int>(r.relation));
    for (const auto& o : example.scene.objects) {
      shapes.insert(static_cast<int>(o.shape));
      colours.insert(static_cast<int>(o.colour));
      materials.insert(static_cast<int>(o.material));
    }
  }
  EXPECT_EQ(shapes.size(), static_cast<size_t>(kShapes));
  EXPECT_EQ(colours.size(), static_cast<size_t>(kColours));
  EXPECT_EQ(materials.size(), static_cast<size_t>(kMaterials));
  EXPECT_EQ(backgrounds.size(), static_cast<size_t>(kBackgrounds));
  EXPECT_EQ(relations.size(), static_cast<size_t>(kRelations));
  EXPECT_EQ(counts.size(), static_cast<size_t>(kMaxObjects));
}

Scene one(Shape shape, Material material = Material::kMatte) {
  Scene scene;
  scene.background = Background::kStudio;
  Object object;
  object.shape = shape;
  object.material = material;
  object.z = 12;
  if (shape == Shape::kSign) object.word = "SOL";
  scene.objects = {object};
  return scene;
}

TEST(Renderer, DrawsTheObjectInItsBoxAndNothingElsewhere) {
  for (int shape = 0; shape < kShapes; ++shape) {
    const Scene scene = one(static_cast<Shape>(shape));
    const image::Image picture = render(scene, 64);
    const Box box = picture_box(scene.objects[0]);
    int red_inside = 0, red_outside = 0;
    for (int y = 0; y < 64; ++y) {
      for (int x = 0; x < 64; ++x) {
        const uint8_t* p = picture.at(x, y);
        if (p[0] < 2 * p[1]) continue;
        const double px = (x + 0.5) / 64, py = (y + 0.5) / 64, slack = 1.0 / 64;
        const bool inside = px > box.left - slack && px < box.right + slack &&
                            py > box.top - slack && py < box.bottom + slack;
        ++(inside ? red_inside : red_outside);
      }
    }
    EXPECT_GT(red_inside, 20) << shape;
    EXPECT_EQ(red_outside, 0) << shape;
  }
}

TEST(Renderer, GlassLetsTheBackgroundThrough) {
  // How much bluer the middle of the object becomes when it stands in water instead of a studio.
  const auto change = [](Scene scene) {
    const Box box = picture_box(scene.objects[0]);
    const auto blueness = [&](Background background) {
      scene.background = background;
      const image::Image picture = render(scene, 128);
      const uint8_t* p = picture.at(static_cast<int>((box.left + box.right) * 64),
                                    static_cast<int>((box.top + box.bottom) * 64));
      return p[2] - p[0];
    };
    return std::abs(blueness(Background::kWater) - blueness(Background::kStudio));
  };
  EXPECT_GT(change(one(Shape::kSphere, Material::kGlass)), change(one(Shape::kSphere)) + 40);
}

TEST(Renderer, CastsAShadowToTheRight) {
  const Scene scene = one(Shape::kCube);
  const Box box = picture_box(scene.objects[0]);
  const image::Image picture = render(scene, 128);
  const int y = static_cast<int>(box.bottom * 128) - 6;
  EXPECT_LT(picture.at(static_cast<int>(box.right * 128) + 4, y)[1] + 20,
            picture.at(static_cast<int>(box.left * 128) - 6, y)[1]);
}

TEST(Renderer, APartEqualsTheWholeAwayFromItsBorder) {
  const Scene scene = sample_example(2, 3, Split::kAll).scene;
  const image::Image whole = render(scene, 96), part = render_part(scene, 96, 20, 30, 40, 40);
  for (int y = 1; y < 39; ++y) {
    for (int x = 1; x < 39; ++x) {
      for (int c = 0; c < 3; ++c) ASSERT_EQ(part.at(x, y)[c], whole.at(x + 20, y + 30)[c]);
    }
  }
}

TEST(Renderer, HardEdgesAreThoseOfTheSmoothPictureUnsmoothed) {
  const Scene scene = sample_example(3, 5, Split::kAll).scene;
  const image::Image smooth = render(scene, 64),
                     hard = render_part(scene, 64, 0, 0, 64, 64, Edges::kHard);
  int differing = 0;
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x)
      differing += std::equal(smooth.at(x, y), smooth.at(x, y) + 3, hard.at(x, y)) ? 0 : 1;
  }
  EXPECT_GT(differing, 20);
  EXPECT_LT(differing, 64 * 64 / 4);
}

TEST(Renderer, RefusesImpossibleSizes) {
  EXPECT_THROW(render(one(Shape::kCube), 4), Error);
  EXPECT_THROW(render(one(Shape::kCube), 1024), Error);
  EXPECT_THROW(render_part(one(Shape::kCube), 64, 60, 0, 8, 8), Error);
}

TEST(SceneTokens, RoundTripEveryScene) {
  for (uint64_t i = 0; i < 500; ++i) {
    const Scene scene = sample_example(11, i, Split::kAll).scene;
    SceneTokenReader reader;
    const auto tokens = scene_to_tokens(scene);
    ASSERT_LE(tokens.size(), static_cast<size_t>(kMaxSceneTokens));
    for (const int64_t token : tokens) reader.push(token);
    ASSERT_TRUE(reader.finished());
    EXPECT_EQ(reader.scene(), scene);
  }
}

TEST(SceneTokens, NameTheirMaterials) {
  Scene scene = one(Shape::kSphere);
  scene.objects[0].material = Material::kGlass;
  int named = 0;
  for (const int64_t token : scene_to_tokens(scene)) {
    const auto material = material_of(token);
    if (!material) continue;
    EXPECT_EQ(*material, Material::kGlass);
    ++named;
  }
  EXPECT_EQ(named, 1);
}

TEST(SceneTokens, AnyAllowedPathIsAValidScene) {
  Random random(4);
  for (int run = 0; run < 300; ++run) {
    SceneTokenReader reader;
    while (!reader.finished()) {
      const auto allowed = reader.allowed();
      if (allowed.also && random.chance(0.3))
        reader.push(*allowed.also);
      else
        reader.push(
            random.integer(static_cast<int>(allowed.first), static_cast<int>(allowed.last) - 1));
    }
    if (!reader.scene().objects.empty()) check_scene(reader.scene());
  }
}

TEST(SceneTokens, RefusesATokenOutOfPlace) {
  SceneTokenReader reader;
  EXPECT_THROW(reader.push(5), Error);
}

TEST(DataVersion, NamesTheseExamples) {
  EXPECT_EQ(data_version(), "world 2");
  std::string all;
  for (uint64_t i = 0; i < 100; ++i)
    all += to_json(sample_example(1, i, Split::kTraining).scene).dump() + "\n";
  // If the examples are meant to change, data_version() changes with them.
  EXPECT_EQ(sha256_hex(std::as_bytes(std::span(all))).substr(0, 16), "a7244d253fa01178");
}

TEST(SceneMap, CountsEntriesAndKeepsTheNearestLast) {
  Scene scene;
  Object far, near;
  far.z = 16;
  near.z = 8;
  near.colour = Colour::kBlue;
  scene.objects = {near, far};
  const auto map = make_scene_map(std::span(&scene, 1), 64);
  ASSERT_EQ(map.level_sizes.size(), 2U);
  EXPECT_EQ(map.pixels.size(0), map.level_sizes[0]);
  EXPECT_EQ(map.thing.size(0), map.level_sizes[0] + map.level_sizes[1]);
  EXPECT_EQ(map.attributes.size(0), 2);
  EXPECT_EQ(map.attributes.size(1), kAttributes);
  // The second level is what covers: the blue cube, row 1 since far things come first.
  const auto top = map.thing.narrow(0, map.level_sizes[0], map.level_sizes[1]);
  EXPECT_TRUE((top == 1).all().item<bool>());
  EXPECT_EQ(map.attributes[1][kShapes + 1 + static_cast<int>(Colour::kBlue)].item<float>(), 1.0F);
}

TEST(SceneMap, TellsARaisedObjectFromOneFartherBack) {
  Scene raised, far;
  Object ball;
  ball.shape = Shape::kSphere;
  ball.z = 10;
  ball.elevation = 8;
  raised.objects = {ball};
  ball.elevation = 0;
  ball.z = 10 + 14;  // as high in the picture: 8 cos / sin
  far.objects = {ball};
  EXPECT_NEAR(picture_box(raised.objects[0]).top, picture_box(far.objects[0]).top, 0.002);
  const auto of_raised = make_scene_map(std::span(&raised, 1), 64);
  const auto of_far = make_scene_map(std::span(&far, 1), 64);
  ASSERT_EQ(of_far.attributes.size(0), 1);
  ASSERT_EQ(of_raised.attributes.size(0), 2);
  // The shadow lies under everything and has no colour.
  EXPECT_EQ(of_raised.attributes[0][kAttributes - 1].item<float>(), 0.5F);
  EXPECT_EQ(of_raised.attributes[1][kAttributes - 1].item<float>(), 0.0F);
  EXPECT_EQ(of_raised.attributes[0].narrow(0, kShapes + 1, kColours).sum().item<float>(), 0.0F);
}

TEST(SceneMap, TheShadowIsWhereTheRendererCastsIt) {
  Scene raised;
  Object ball;
  ball.shape = Shape::kSphere;
  ball.x = -8;
  ball.z = 24;
  ball.elevation = 16;
  raised.objects = {ball};
  raised.background = Background::kStudio;
  Scene empty = raised;
  empty.objects.clear();
  constexpr int kSide = 64;
  const image::Image with = render(raised, kSide), without = render(empty, kSide);
  const Box body = picture_box(ball);
  const auto map = make_scene_map(std::span(&raised, 1), kSide);
  std::set<int64_t> of_shadow;
  for (int64_t i = 0; i < map.level_sizes[0]; ++i) {
    if (map.thing[i].item<int64_t>() == 0) of_shadow.insert(map.pixels[i].item<int64_t>());
  }
  int dark = 0;
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const double px = (x + 0.5) / kSide, py = (y + 0.5) / kSide;
      if (px > body.left - 0.02 && px < body.right + 0.02 && py > body.top - 0.02 &&
          py < body.bottom + 0.02)
        continue;
      const uint8_t* darkened = with.at(x, y);
      if (without.at(x, y)[1] - darkened[1] < 40) continue;
      ++dark;
      EXPECT_TRUE(of_shadow.count(y * kSide + x)) << x << ", " << y;
    }
  }
  EXPECT_GT(dark, 20);
}

TEST(SceneMap, AWindowIsAPartOfTheWhole) {
  const Scene scene = sample_example(2, 5, Split::kAll).scene;
  const Window window{0.25, 0.25, 0.5};
  const auto whole = make_scene_map(std::span(&scene, 1), 64);
  const auto part = make_scene_map(std::span(&scene, 1), 32, std::span(&window, 1));
  EXPECT_LE(part.thing.size(0), whole.thing.size(0));
  std::set<int64_t> cells;
  for (int64_t i = 0; i < whole.pixels.size(0); ++i) cells.insert(whole.pixels[i].item<int64_t>());
  for (int64_t i = 0; i < part.pixels.size(0); ++i) {
    const int64_t p = part.pixels[i].item<int64_t>();
    EXPECT_TRUE(cells.count((p / 32 + 16) * 64 + p % 32 + 16)) << p;
  }
}

TEST(PriorText, SpellsSignsByLetterAndDropsAccents) {
  EXPECT_EQ(prior_text("Una PIRÁMIDE roja"), "una piramide roja");
  const auto tokenizer = train_prior_tokenizer(1, 3000, 600);
  const auto ids = tokenizer.encode(prior_text("un cartel que dice \"hola\""));
  const auto spelled = tokenizer.encode("\"HOLA\"");
  EXPECT_EQ(spelled.size(), 6U);
  EXPECT_TRUE(std::equal(spelled.begin() + 1, spelled.end() - 1, ids.end() - 5));
}

TEST(PriorText, SignWordsAreWhatIsQuoted) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(sign_words(prior_text("un cartel que dice «mañana» y otro que dice 'adiós'")),
            (Words{"MA~ANA", "ADIOS"}));
  EXPECT_EQ(sign_words(prior_text("a sign that says hello")), Words{"HELLO"});
  EXPECT_TRUE(sign_words(prior_text("a red cube")).empty());
  for (const char* impossible : {"\"GUACAMOLE\"", "\"A B\"", "\"R2D2\"", "\"~\""}) {
    EXPECT_THROW(sign_words(prior_text(std::string("a sign that says ") + impossible)), Error)
        << impossible;
  }
}

}  // namespace
}  // namespace lienzo::datasets::world
