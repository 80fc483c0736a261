#include "lienzo/datasets/world/captions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "lienzo/base/error.h"
#include "lienzo/base/utf8.h"
#include "lienzo/datasets/world/lexicon.h"

namespace lienzo::datasets::world {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Language kEs = Language::kSpanish;
constexpr Language kEn = Language::kEnglish;

ObjectSpec object(std::optional<Shape> shape, std::optional<Colour> colour = {}) {
  return {shape, colour, {}, {}, {}};
}

SceneSpec single(ObjectSpec spec, std::optional<Background> background = {}) {
  return {{spec}, {}, background};
}

SceneSpec pair(Relation relation) {
  return {{object(Shape::kCube, Colour::kRed), object(Shape::kSphere, Colour::kBlue)},
          {{relation, 0, 1, -1}},
          {}};
}

/// All captions of many draws, in lower case and without the final full stop.
std::set<std::string> captions(const SceneSpec& spec, Language language, int draws = 3000) {
  std::set<std::string> found;
  Random random(7);
  for (int i = 0; i < draws; ++i) {
    std::string text = normalise_caption(describe(spec, language, random));
    if (text.ends_with('.')) text.pop_back();
    found.insert(text);
  }
  return found;
}

SceneSpec random_spec(Random& random) {
  SceneSpec spec;
  const int count = random.integer(1, kMaxObjects);
  for (int i = 0; i < count; ++i) {
    if (i > 0 && random.chance(0.3)) {
      spec.objects.push_back(spec.objects.back());
      continue;
    }
    ObjectSpec o;
    if (random.chance(0.85)) o.shape = static_cast<Shape>(random.integer(0, kShapes - 1));
    if (random.chance(0.7)) o.colour = static_cast<Colour>(random.integer(0, kColours - 1));
    if (random.chance(0.3)) o.material = static_cast<Material>(random.integer(0, kMaterials - 1));
    if (random.chance(0.3)) o.size = static_cast<Size>(random.integer(0, kSizes - 1));
    if (o.shape == Shape::kSign && random.chance(0.7)) {
      o.word = "";
      const int letters = random.integer(1, kMaxLetters);
      for (int j = 0; j < letters; ++j)
        *o.word += kLetters[random.integer(0, static_cast<int>(kLetters.size()) - 1)];
    }
    spec.objects.push_back(o);
  }
  if (random.chance(0.5))
    spec.background = static_cast<Background>(random.integer(0, kBackgrounds - 1));
  std::vector<int> order;
  for (int i = 0; i < count; ++i) order.push_back(i);
  random.shuffle(order);
  const int relations = count < 2 ? 0 : random.integer(0, std::min(3, count - 1));
  for (int i = 0; i < relations; ++i) {
    RelationSpec r = {
        static_cast<Relation>(random.integer(0, kRelations - 1)), order[i], order[i + 1], -1};
    if (r.relation == Relation::kBetween) {
      if (count < 3) continue;
      r.second = order[i + 2 < count ? i + 2 : i - 1 >= 0 ? i - 1 : 2];
      if (r.second == r.subject || r.second == r.object) continue;
    }
    spec.relations.push_back(r);
  }
  return spec;
}

TEST(DescribePlain, AgreesInSpanish) {
  EXPECT_EQ(describe_plain(single(object(Shape::kCube, Colour::kRed)), kEs), "un cubo rojo");
  EXPECT_EQ(describe_plain(single(object(Shape::kSphere, Colour::kRed)), kEs), "una esfera roja");
  EXPECT_EQ(describe_plain(single(object(Shape::kPyramid, Colour::kBlue)), kEs),
            "una pirámide azul");
  EXPECT_EQ(describe_plain(single(object({}, Colour::kRed)), kEs), "un objeto rojo");
  EXPECT_EQ(describe_plain(
                single({Shape::kSphere, Colour::kYellow, Material::kGlass, Size::kSmall, {}}), kEs),
            "una esfera amarilla pequeña de cristal");
  const ObjectSpec green = object(Shape::kSphere, Colour::kGreen),
                   black = object(Shape::kCone, Colour::kBlack);
  EXPECT_EQ(describe_plain({{green, green, green}, {}, {}}, kEs), "tres esferas verdes");
  EXPECT_EQ(describe_plain({{black, black}, {}, {}}, kEs), "dos conos negros");
  EXPECT_EQ(describe_plain({{green, black, green}, {}, {}}, kEs),
            "dos esferas verdes y un cono negro");
  EXPECT_EQ(describe_plain(
                {{object(Shape::kCube, Colour::kRed), object(Shape::kSphere, Colour::kBlue), green},
                 {},
                 {}},
                kEs),
            "un cubo rojo, una esfera azul y una esfera verde");
}

TEST(DescribePlain, AgreesInEnglish) {
  EXPECT_EQ(describe_plain(single(object(Shape::kCube, Colour::kRed)), kEn), "a red cube");
  EXPECT_EQ(describe_plain(single(object(Shape::kCone, Colour::kOrange)), kEn), "an orange cone");
  EXPECT_EQ(describe_plain(single(object({})), kEn), "an object");
  EXPECT_EQ(describe_plain(
                single({Shape::kSphere, Colour::kYellow, Material::kGlass, Size::kSmall, {}}), kEn),
            "a small yellow glass sphere");
  const ObjectSpec green = object(Shape::kSphere, Colour::kGreen);
  EXPECT_EQ(describe_plain({{green, green, green}, {}, {}}, kEn), "three green spheres");
  EXPECT_EQ(describe_plain({{green, object(Shape::kRing), green}, {}, {}}, kEn),
            "two green spheres and a ring");
}

TEST(DescribePlain, KnowsEveryShape) {
  const char* es[] = {
      "un cubo", "una esfera", "un cilindro", "un cono", "una pirámide", "un anillo", "un cartel"};
  const char* en[] = {
      "a cube", "a sphere", "a cylinder", "a cone", "a pyramid", "a ring", "a sign"};
  for (int i = 0; i < kShapes; ++i) {
    EXPECT_EQ(describe_plain(single(object(static_cast<Shape>(i))), kEs), es[i]);
    EXPECT_EQ(describe_plain(single(object(static_cast<Shape>(i))), kEn), en[i]);
  }
}

TEST(DescribePlain, KnowsEveryColourInEveryForm) {
  const char* es[][4] = {{"rojo", "roja", "rojos", "rojas"},
                         {"verde", "verde", "verdes", "verdes"},
                         {"azul", "azul", "azules", "azules"},
                         {"amarillo", "amarilla", "amarillos", "amarillas"},
                         {"naranja", "naranja", "naranjas", "naranjas"},
                         {"morado", "morada", "morados", "moradas"},
                         {"rosa", "rosa", "rosas", "rosas"},
                         {"marrón", "marrón", "marrones", "marrones"},
                         {"blanco", "blanca", "blancos", "blancas"},
                         {"gris", "gris", "grises", "grises"},
                         {"negro", "negra", "negros", "negras"}};
  const char* en[] = {"red",
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
  for (int i = 0; i < kColours; ++i) {
    const ObjectSpec cube = object(Shape::kCube, static_cast<Colour>(i));
    const ObjectSpec sphere = object(Shape::kSphere, static_cast<Colour>(i));
    EXPECT_EQ(describe_plain({{cube}, {}, {}}, kEs), std::string("un cubo ") + es[i][0]);
    EXPECT_EQ(describe_plain({{sphere}, {}, {}}, kEs), std::string("una esfera ") + es[i][1]);
    EXPECT_EQ(describe_plain({{cube, cube}, {}, {}}, kEs), std::string("dos cubos ") + es[i][2]);
    EXPECT_EQ(describe_plain({{sphere, sphere}, {}, {}}, kEs),
              std::string("dos esferas ") + es[i][3]);
    EXPECT_EQ(describe_plain({{cube, cube}, {}, {}}, kEn), std::string("two ") + en[i] + " cubes");
  }
}

TEST(DescribePlain, KnowsEveryRelation) {
  const char* es[] = {"encima de",
                      "debajo de",
                      "a la izquierda de",
                      "a la derecha de",
                      "delante de",
                      "detrás de",
                      "dentro de"};
  const char* en[] = {
      "on top of", "under", "to the left of", "to the right of", "in front of", "behind", "inside"};
  for (int i = 0; i < kRelations - 1; ++i) {
    EXPECT_EQ(describe_plain(pair(static_cast<Relation>(i)), kEs),
              std::string("un cubo rojo ") + es[i] + " una esfera azul");
    EXPECT_EQ(describe_plain(pair(static_cast<Relation>(i)), kEn),
              std::string("a red cube ") + en[i] + " a blue sphere");
  }
  SceneSpec between = pair(Relation::kBetween);
  between.objects.push_back(object(Shape::kCone));
  between.relations[0].second = 2;
  EXPECT_EQ(describe_plain(between, kEs), "un cubo rojo entre una esfera azul y un cono");
  EXPECT_EQ(describe_plain(between, kEn), "a red cube between a blue sphere and a cone");
  between.objects[2] = between.objects[1];
  EXPECT_EQ(describe_plain(between, kEs), "un cubo rojo entre dos esferas azules");
}

TEST(DescribePlain, KnowsEveryBackground) {
  const char* es[] = {"de día",
                      "de noche",
                      "al atardecer",
                      "en la playa",
                      "en la hierba",
                      "en el agua",
                      "en la nieve",
                      "delante de una pared",
                      "sobre una mesa de madera",
                      "en un estudio"};
  const char* en[] = {"in daylight",
                      "at night",
                      "at sunset",
                      "on the sand",
                      "on the grass",
                      "on the water",
                      "in the snow",
                      "in front of a wall",
                      "on a wooden table",
                      "in a studio"};
  for (int i = 0; i < kBackgrounds; ++i) {
    const SceneSpec spec = single(object(Shape::kCube), static_cast<Background>(i));
    EXPECT_EQ(describe_plain(spec, kEs), std::string("un cubo ") + es[i]);
    EXPECT_EQ(describe_plain(spec, kEn), std::string("a cube ") + en[i]);
  }
}

TEST(DescribePlain, WritesSignsAndChains) {
  EXPECT_EQ(describe_plain(single({Shape::kSign, Colour::kRed, {}, {}, "A~O"}), kEs),
            "un cartel rojo que dice \"AÑO\"");
  EXPECT_EQ(describe_plain(single({Shape::kSign, {}, {}, {}, "HELLO"}), kEn),
            "a sign that says \"HELLO\"");
  SceneSpec chain = pair(Relation::kOnTopOf);
  chain.objects.push_back(object(Shape::kCone));
  chain.relations.push_back({Relation::kLeftOf, 1, 2, -1});
  EXPECT_EQ(describe_plain(chain, kEs),
            "un cubo rojo encima de una esfera azul, que está a la izquierda de un cono");
  chain.relations[1] = {Relation::kLeftOf, 0, 2, -1};
  EXPECT_EQ(describe_plain(chain, kEn),
            "a red cube on top of a blue sphere and to the left of a cone");
  chain.relations.pop_back();
  EXPECT_EQ(describe_plain(chain, kEs), "un cubo rojo encima de una esfera azul, y un cono");
}

TEST(Describe, SaysWhatPeopleType) {
  SceneSpec cubes = {{object(Shape::kCube, Colour::kRed), object(Shape::kCube, Colour::kBlue)},
                     {{Relation::kOnTopOf, 0, 1, -1}},
                     {}};
  const std::set<std::string> es = captions(cubes, kEs, 20000);
  for (const char* wanted : {"un cubo rojo encima de un cubo azul",
                             "un cubo rojo sobre un cubo azul",
                             "cubo rojo sobre cubo azul",
                             "un cubo azul debajo de un cubo rojo",
                             "un cubo azul con un cubo rojo encima",
                             "hay un cubo rojo encima de un cubo azul",
                             "un cubo rojo está encima de un cubo azul",
                             "una caja roja encima de una caja azul",
                             "dibuja un cubo rojo encima de otro azul"}) {
    EXPECT_THAT(es, Contains(wanted));
  }
  const std::set<std::string> en = captions(cubes, kEn, 20000);
  for (const char* wanted : {"a red cube on top of a blue cube",
                             "red cube on blue cube",
                             "a blue cube under a red cube",
                             "a red cube is on top of a blue cube",
                             "a picture of a red cube on top of a blue cube",
                             "a red box on a blue box",
                             "there is a red cube on a blue cube",
                             "a red cube on a blue one"}) {
    EXPECT_THAT(en, Contains(wanted));
  }
  SceneSpec list = {
      {object(Shape::kCube, Colour::kRed), object(Shape::kSphere, Colour::kBlue)}, {}, {}};
  EXPECT_THAT(captions(list, kEn, 20000), Contains("red cube, blue sphere"));
  EXPECT_THAT(captions(list, kEs), Contains("un cubo rojo y una esfera azul"));
  EXPECT_THAT(captions(single(object({}, Colour::kRed)), kEs), Contains("algo rojo"));
  EXPECT_THAT(captions(single(object({}, Colour::kRed)), kEn), Contains("something red"));
  EXPECT_THAT(captions(single({{}, {}, Material::kGlass, {}, {}}), kEs),
              Contains("un objeto de cristal"));
  EXPECT_THAT(captions(single({Shape::kSign, Colour::kRed, {}, {}, "HOLA"}), kEs),
              Contains("un letrero rojo con la palabra \"HOLA\""));
  EXPECT_THAT(captions(single({Shape::kCube, Colour::kRed, {}, Size::kLarge, {}}), kEs),
              Contains("un gran cubo rojo"));
  EXPECT_THAT(captions(single(object(Shape::kCube, Colour::kRed), Background::kNight), kEs),
              Contains("de noche hay un cubo rojo"));
}

/// Position of the first word that begins with one of `stems`; npos if there is none.
size_t first_of(const std::vector<std::string>& words,
                std::initializer_list<std::string_view> stems) {
  for (size_t i = 0; i < words.size(); ++i) {
    for (std::string_view stem : stems) {
      if ((words[i] + ' ').starts_with(stem)) return i;
    }
  }
  return std::string::npos;
}

/// "A on B", "B under A", "on B is A", "B with A on it", "A on top and B below": whichever object
/// the relation word belongs to can be told from where it stands, so this checks the meaning of
/// every wording.
TEST(Describe, KeepsTheDirectionOfRelations) {
  using Stems = std::initializer_list<std::string_view>;
  const Stems es[][2] = {
      {{"encima", "sobre", "arriba", "alto", "apoyad"}, {"debajo", "bajo", "abajo"}},
      {{"izquierd"}, {"derech"}},
      {{"delante", "enfrente", "frente", "adelante"},
       {"detrás", "detras", "tras", "atrás", "atras"}}};
  const Stems en[][2] = {
      {{"on ", "above", "atop", "over", "upon", "top"}, {"under", "below", "beneath", "bottom"}},
      {{"left"}, {"right"}},
      {{"front", "before", "ahead"}, {"behind", "back"}}};
  for (int kind = 0; kind < 6; ++kind) {
    const SceneSpec spec = pair(static_cast<Relation>(kind));
    for (Language language : {kEs, kEn}) {
      for (const std::string& text : captions(spec, language)) {
        const std::vector<std::string> words = caption_words(text);
        const size_t subject = first_of(words, {"roj", "red", "colorad"});
        const size_t object = first_of(words, {"azul", "blue"});
        ASSERT_TRUE(subject != std::string::npos && object != std::string::npos) << text;
        const auto& stems = (language == kEs ? es : en)[kind / 2];
        size_t forward = first_of(words, stems[kind % 2]),
               backward = first_of(words, stems[1 - kind % 2]);
        ASSERT_NE(std::min(forward, backward), std::string::npos) << text;
        const bool subject_first = subject < object;
        const size_t low = std::min(subject, object), high = std::max(subject, object);
        bool expected = forward < backward;  // "A on top and B below"
        if (forward == std::string::npos || backward == std::string::npos) {
          const size_t word = std::min(forward, backward);
          const bool between = word > low && word < high;
          expected = (backward == std::string::npos) == between;
        }
        EXPECT_EQ(subject_first, expected) << text;
      }
    }
  }
}

TEST(Describe, ContractsArticlesInSpanish) {
  SceneSpec chain = pair(Relation::kOnTopOf);
  chain.objects.push_back(object(Shape::kCone));
  chain.relations.push_back({Relation::kInFrontOf, 2, 0, -1});
  bool contracted = false;
  for (const std::string& text : captions(chain, kEs)) {
    EXPECT_EQ(text.find(" de el "), text.npos) << text;
    EXPECT_EQ(text.find(" a el "), text.npos) << text;
    contracted |= text.find("delante del cubo") != text.npos;
  }
  EXPECT_TRUE(contracted);
}

TEST(Describe, RefersBackWithoutAmbiguity) {
  const ObjectSpec red = object(Shape::kCube, Colour::kRed);
  SceneSpec spec = {{red, red, object(Shape::kCone)},
                    {{Relation::kOnTopOf, 0, 1, -1}, {Relation::kLeftOf, 2, 0, -1}},
                    {}};
  bool ordinal = false;
  for (const std::string& text : captions(spec, kEn)) {
    const size_t reference = std::min(text.find("the red"), text.find("this red"));
    if (reference != text.npos) {
      const size_t first = text.find("red"), second = text.find("red", first + 1);
      EXPECT_LE(reference, second) << text;  // only one of them named so far
    }
    ordinal |= text.find("the first red") != text.npos || text.find("the second red") != text.npos;
  }
  EXPECT_TRUE(ordinal);
}

/// Upper bound on what other words may look like a colour: a plain white backdrop, a blue sky.
std::string without_backdrop(std::string text) {
  for (std::string_view phrase :
       {"fondo blanco", "cielo azul", "plain white background", "white background", "blue sky"}) {
    for (size_t at = text.find(phrase); at != text.npos; at = text.find(phrase))
      text.erase(at, phrase.size());
  }
  return text;
}

TEST(Describe, SaysExactlyTheColoursOfTheSpec) {
  const std::vector<std::string> es[] = {{"roj", "colorad"},
                                         {"verde"},
                                         {"azul"},
                                         {"amarill"},
                                         {"naranja", "anaranjad"},
                                         {"morad", "violeta", "lila", "purpura"},
                                         {"rosa", "rosad"},
                                         {"marron", "cafe"},
                                         {"blanc"},
                                         {"gris"},
                                         {"negr"}};
  const std::vector<std::string> en[] = {{"red"},
                                         {"green"},
                                         {"blue"},
                                         {"yellow"},
                                         {"orange"},
                                         {"purple", "violet"},
                                         {"pink"},
                                         {"brown"},
                                         {"white"},
                                         {"grey", "gray"},
                                         {"black"}};
  Random random(11);
  for (int i = 0; i < 6000; ++i) {
    const SceneSpec spec = random_spec(random);
    const Language language = i % 2 == 0 ? kEs : kEn;
    std::vector<int> order;
    const std::string text = describe(spec, language, random, &order);
    std::set<Colour> wanted, found;
    for (const ObjectSpec& o : spec.objects) {
      if (o.colour) wanted.insert(*o.colour);
    }
    for (std::string word : caption_words(without_backdrop(normalise_caption(text)))) {
      if (word == "púrpura" || word == "púrpuras") word = "purpura";
      if (word.starts_with("marrón")) word = "marron";
      if (word.starts_with("café")) word = "cafe";
      for (int c = 0; c < kColours; ++c) {
        for (const std::string& stem : (language == kEs ? es : en)[c]) {
          const bool match = language == kEs ? word.starts_with(stem) : word == stem;
          if (match) found.insert(static_cast<Colour>(c));
        }
      }
    }
    EXPECT_EQ(found, wanted) << text;

    std::vector<int> sorted = order;
    std::sort(sorted.begin(), sorted.end());
    std::vector<int> all;
    for (size_t j = 0; j < spec.objects.size(); ++j) all.push_back(static_cast<int>(j));
    EXPECT_EQ(sorted, all) << text;

    EXPECT_TRUE(is_valid_utf8(text)) << text;
    EXPECT_EQ(text.find("  "), text.npos) << text;
    EXPECT_EQ(text.find(" ,"), text.npos) << text;
    EXPECT_FALSE(text.starts_with(' ') || text.ends_with(' ')) << text;
    for (const ObjectSpec& o : spec.objects) {
      if (!o.word) continue;
      std::string letters;
      for (char letter : *o.word)
        letters += letter == '~' ? std::string("Ñ") : std::string(1, letter);
      EXPECT_THAT(text, HasSubstr('"' + letters + '"'));
    }
    EXPECT_EQ(describe_plain(spec, language), describe_plain(spec, language));
  }
}

TEST(Describe, MentionOrderFollowsTheText) {
  SceneSpec spec = pair(Relation::kOnTopOf);
  Random random(3);
  bool swapped = false;
  for (int i = 0; i < 500; ++i) {
    std::vector<int> order;
    const std::string text = normalise_caption(describe(spec, kEn, random, &order));
    const bool red_first = text.find("red") < text.find("blue");
    EXPECT_EQ(order.front(), red_first ? 0 : 1) << text;
    swapped |= !red_first;
  }
  EXPECT_TRUE(swapped);
}

TEST(Describe, SameSeedSameCaption) {
  const SceneSpec spec = pair(Relation::kBehind);
  Random a(5), b(5);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(describe(spec, kEs, a), describe(spec, kEs, b));
}

TEST(Describe, RefusesABadSpec) {
  EXPECT_THROW(describe_plain({}, kEs), Error);
  SceneSpec spec = pair(Relation::kOnTopOf);
  spec.relations[0].object = 2;
  EXPECT_THROW(describe_plain(spec, kEs), Error);
  spec.relations[0].object = 0;
  EXPECT_THROW(describe_plain(spec, kEs), Error);
  EXPECT_THROW(describe_plain(pair(Relation::kBetween), kEs), Error);
}

TEST(Lexicon, CoversEveryWordOfTheCaptions) {
  const auto as_set = [](const std::vector<std::string>& words) {
    return std::set<std::string>(words.begin(), words.end());
  };
  const std::set<std::string> known[] = {as_set(lexicon(kEs)), as_set(lexicon(kEn))};
  std::set<std::string> unknown;
  Random random(13);
  for (int i = 0; i < 20000; ++i) {
    const SceneSpec spec = random_spec(random);
    for (Language language : {kEs, kEn}) {
      for (const std::string& word : caption_words(describe(spec, language, random))) {
        if (!known[static_cast<int>(language)].contains(word)) unknown.insert(word);
      }
    }
  }
  EXPECT_THAT(unknown, ::testing::IsEmpty());
  EXPECT_FALSE(known[0].contains("guacamole"));
  EXPECT_TRUE(known[0].contains("pirámide") && known[0].contains("piramide") &&
              known[0].contains("ñ") == false);
}

TEST(CaptionWords, LeavesOutQuotesAndPunctuation) {
  EXPECT_THAT(caption_words("¿Puedes dibujar ÁRBOLES, \"NO ESTO\" y 3 cubos?"),
              ElementsAre("puedes", "dibujar", "árboles", "y", "3", "cubos"));
  EXPECT_THAT(caption_words("it's see-through"), ElementsAre("it's", "see", "through"));
}

TEST(NormaliseCaption, SpellsLikeTheCaptions) {
  EXPECT_EQ(normalise_caption("  Un CUBO   Rojo\n"), "un cubo rojo");
  EXPECT_EQ(normalise_caption("un cartel que dice hola"), "un cartel que dice \"HOLA\"");
  EXPECT_EQ(normalise_caption("un cartel que dice: «Año»."), "un cartel que dice: \"AÑO\".");
  EXPECT_EQ(normalise_caption("a sign that says “Stop” on a cube"),
            "a sign that says \"STOP\" on a cube");
  EXPECT_EQ(normalise_caption("a sign saying 'Hi'"), "a sign saying \"HI\"");
  EXPECT_EQ(normalise_caption("it's a cube"), "it's a cube");
  EXPECT_EQ(normalise_caption("con la palabra adiós"), "con la palabra \"ADIOS\"");
  EXPECT_EQ(normalise_caption("a STOP sign"), "a \"STOP\" sign");
  EXPECT_EQ(normalise_caption("A RED SIGN"), "a red sign");
  EXPECT_EQ(normalise_caption(""), "");
}

}  // namespace
}  // namespace lienzo::datasets::world
