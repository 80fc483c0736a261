#include "lienzo/datasets/world/captions_grammar.h"

namespace lienzo::datasets::world {
namespace {

Adjective fixed_english(std::string_view text) { return {{text, text, text, text}}; }

void fill_words_english(Grammar& g) {
  g.nouns = {{
      {{"cube", "cubes"}, {"box", "boxes"}, {"block", "blocks"}},
      {{"sphere", "spheres"}, {"ball", "balls"}},
      {{"cylinder", "cylinders"}, {"tube", "tubes"}},
      {{"cone", "cones"}},
      {{"pyramid", "pyramids"}},
      {{"ring", "rings"}, {"hoop", "hoops"}},
      {{"sign", "signs"}, {"signboard", "signboards"}},
  }};
  g.generic_nouns = {{"object", "objects"}, {"thing", "things"}};
  g.something = "something";
  g.colours = {{{fixed_english("red")},
                {fixed_english("green")},
                {fixed_english("blue")},
                {fixed_english("yellow")},
                {fixed_english("orange")},
                {fixed_english("purple"), fixed_english("purple"), fixed_english("violet")},
                {fixed_english("pink")},
                {fixed_english("brown")},
                {fixed_english("white")},
                {fixed_english("grey"), fixed_english("gray")},
                {fixed_english("black")}}};
  g.materials = {
      {{fixed_english("matte"), fixed_english("matt")},
       {fixed_english("metal"),
        fixed_english("metallic"),
        fixed_english("shiny"),
        fixed_english("shiny metal"),
        fixed_english("steel")},
       {fixed_english("glass"), fixed_english("transparent"), fixed_english("see-through")}}};
  g.material_tails = {
      {{"with a matte finish"},
       {"made of metal", "in metal", "of metal", "made from metal"},
       {"made of glass", "made out of glass", "in glass", "of glass", "made from glass"}}};
  g.sizes = {{{fixed_english("small"), fixed_english("little"), fixed_english("tiny")},
              {fixed_english("big"),
               fixed_english("large"),
               fixed_english("huge"),
               fixed_english("giant"),
               fixed_english("enormous")}}};
  g.word_frames = {{"that says", "that say"},
                   {"saying", "saying"},
                   {"with the word", "with the word"},
                   {"that reads", "that read"},
                   {"with", "with", "on it", "on them"},
                   {"reading", "reading"},
                   {"with the text", "with the text"},
                   {"", ""},
                   {"with", "with", "written on it", "written on them"},
                   {"which says", "which say"}};
}

void fill_relations_english(Grammar& g) {
  g.relations = {{
      {{"on top of", "on", "above", "atop", "over", "upon"},
       {"on top of it", "on top", "on it", "above it"},
       {"on top of them", "on top", "on them", "above them"},
       {{fixed_english("sitting"), "on"},
        {fixed_english("resting"), "on"},
        {fixed_english("stacked"), "on"},
        {fixed_english("standing"), "on"},
        {fixed_english("stacked"), "on top of"},
        {fixed_english("balanced"), "on"},
        {fixed_english("perched"), "on"}},
       {{"on top", "below"}, {"above", "below"}, {"at the top", "at the bottom"}}},
      {{"under", "below", "underneath", "beneath"},
       {"under it", "underneath", "below it", "beneath it"},
       {"under them", "underneath", "below them", "beneath them"},
       {},
       {{"below", "on top"}, {"below", "above"}, {"at the bottom", "at the top"}}},
      {{"to the left of", "left of", "on the left of", "on the left side of"},
       {"to its left", "on its left", "on the left", "to the left"},
       {"to their left", "on their left", "on the left", "to the left"},
       {},
       {{"on the left", "on the right"}, {"to the left", "to the right"}}},
      {{"to the right of", "right of", "on the right of", "on the right side of"},
       {"to its right", "on its right", "on the right", "to the right"},
       {"to their right", "on their right", "on the right", "to the right"},
       {},
       {{"on the right", "on the left"}, {"to the right", "to the left"}}},
      {{"in front of", "before", "ahead of"},
       {"in front of it", "in front"},
       {"in front of them", "in front"},
       {},
       {{"in front", "behind"}, {"at the front", "at the back"}}},
      {{"behind", "in back of", "at the back of"},
       {"behind it", "behind"},
       {"behind them", "behind"},
       {{fixed_english("hidden"), "behind"}},
       {{"behind", "in front"}, {"at the back", "at the front"}}},
      {{"inside", "in", "within", "inside of"},
       {"inside", "inside it", "in it"},
       {"inside", "inside them", "in them"},
       {{fixed_english("trapped"), "inside"},
        {fixed_english("enclosed"), "in"},
        {fixed_english("trapped"), "in"}},
       {}},
      {{"between", "in between"},
       {"between them", "in between", "in the middle"},
       {"between them", "in between", "in the middle"},
       {},
       {}},
  }};
  g.placed = {fixed_english("placed"),
              fixed_english("standing"),
              fixed_english("sitting"),
              fixed_english("located"),
              fixed_english("positioned"),
              fixed_english("situated")};
}

void fill_backgrounds_english(Grammar& g) {
  g.backgrounds = {{
      {{"in daylight",
        "by day",
        "during the day",
        "under a clear sky",
        "on a sunny day",
        "in the daytime",
        "under a blue sky"},
       {"day", "daylight", "blue sky", "daytime", "clear sky"},
       {"it is day", "it's daytime"}},
      {{"at night",
        "by night",
        "during the night",
        "under the stars",
        "in the dark",
        "under the moon",
        "under the night sky",
        "at nighttime",
        "under a starry sky"},
       {"night", "at night", "night sky"},
       {"it is night", "it's night", "it's dark"}},
      {{"at sunset",
        "at dusk",
        "during sunset",
        "with a sunset in the background",
        "in the evening",
        "as the sun sets",
        "in the evening light"},
       {"sunset", "dusk", "at sunset"},
       {"it is sunset", "the sun is setting"}},
      {{"on the sand",
        "on the beach",
        "at the beach",
        "in the desert",
        "on a beach",
        "in the sand"},
       {"beach", "sand", "desert"},
       {"the ground is sand", "there is sand on the ground"}},
      {{"on the grass",
        "on grass",
        "in the grass",
        "on the lawn",
        "in a meadow",
        "in a field",
        "in a garden",
        "on a lawn"},
       {"grass", "lawn", "meadow", "field"},
       {"the ground is grass", "there is grass on the ground"}},
      {{"on the water",
        "in the water",
        "at sea",
        "on a lake",
        "on water",
        "in the sea",
        "in the ocean",
        "floating on the water"},
       {"water", "sea", "lake", "ocean"},
       {"the ground is water", "there is water all around"}},
      {{"in the snow",
        "on the snow",
        "on snow",
        "in a snowy landscape",
        "in a snowy field",
        "in winter"},
       {"snow", "snowy landscape"},
       {"the ground is covered in snow", "there is snow on the ground"}},
      {{"in front of a wall",
        "against a wall",
        "with a wall in the background",
        "before a wall",
        "with a wall behind"},
       {"wall", "wall background"},
       {"there is a wall in the background", "the background is a wall"}},
      {{"on a wooden table",
        "on a table",
        "on a wooden floor",
        "on wood",
        "on a wood table",
        "on a wooden surface",
        "on top of a table",
        "on top of a wooden table",
        "on a wooden desk",
        "on a desk"},
       {"wooden table", "table", "wooden floor", "wood background"},
       {"the floor is wooden", "the background is a wooden table"}},
      {{"in a studio",
        "on a plain background",
        "on a white background",
        "against a plain background",
        "with a plain white background",
        "in a photo studio",
        "on a neutral background"},
       {"studio", "plain background", "white background", "plain white background", "studio shot"},
       {"the background is plain", "the background is neutral"}},
  }};
}

void fill_frames_english(Grammar& g) {
  using enum Opening::Kind;
  g.openings = {{"a picture of", "a picture of"},
                {"a photo of", "a photo of"},
                {"there is", "there are", kThereIs},
                {"draw", "draw", kRequest},
                {"an image of", "an image of"},
                {"a drawing of", "a drawing of"},
                {"show me", "show me", kRequest},
                {"draw a picture of", "draw a picture of", kRequest},
                {"draw me", "draw me", kRequest},
                {"there's", "there are", kThereIs},
                {"a scene with", "a scene with"},
                {"i want", "i want", kRequest},
                {"a picture with", "a picture with"},
                {"paint", "paint", kRequest},
                {"make", "make", kRequest},
                {"create", "create", kRequest},
                {"generate", "generate", kRequest},
                {"can you draw", "can you draw", kQuestion},
                {"a 3d render of", "a 3d render of"},
                {"an image with", "an image with"},
                {"a photograph of", "a photograph of"},
                {"a painting of", "a painting of"},
                {"we see", "we see", kThereIs},
                {"here is", "here are", kThereIs},
                {"a rendering of", "a rendering of"},
                {"an illustration of", "an illustration of"},
                {"show", "show", kRequest},
                {"i'd like", "i'd like", kRequest},
                {"give me", "give me", kRequest},
                {"please draw", "please draw", kRequest},
                {"could you draw", "could you draw", kQuestion},
                {"render", "render", kRequest},
                {"imagine", "imagine", kRequest},
                {"make me", "make me", kRequest},
                {"i would like to see", "i would like to see", kRequest},
                {"create an image of", "create an image of", kRequest},
                {"generate a picture of", "generate a picture of", kRequest},
                {"in the picture there is", "in the picture there are", kThereIs}};
  g.bare_openings = {
      "picture of", "photo of", "image of", "drawing of", "draw", "scene with", "photograph of"};
  g.numbers = {"", "", "two", "three", "four", "five"};
  g.pairs = {"a pair of", "a couple of"};
  g.ordinals = {{fixed_english("first"),
                 fixed_english("second"),
                 fixed_english("third"),
                 fixed_english("fourth"),
                 fixed_english("fifth")}};
  g.contains = {"containing", "that contains", "which holds"};
  g.contains_plural = {"containing", "that contain", "which hold"};
  g.existence = {"there is", "is", "there's"};
  g.existence_plural = {"there are", "are", "there are"};
  g.is = {"is", "sits", "stands"};
  g.are = {"are", "sit", "stand"};
  g.which_is = {"which is", "that is", "which stands"};
  g.which_are = {"which are", "that are", "which stand"};
  g.beside = {"next to", "beside", "with", "alongside"};
  g.also = {"there is also", "also, there is", "there is", "we also see"};
  g.also_plural = {"there are also", "also, there are", "there are", "we also see"};
  g.besides = {"plus", "along with", "and also", "as well as"};
  g.please = {"please"};
  g.has = {"with", "with", "with", "that has"};
  g.has_plural = {"with", "with", "with", "that have"};
  g.and_word = "and";
  g.one_and_other = {"one", "one", "another", "another"};
  g.function_words = {"a",
                      "an",
                      "the",
                      "another",
                      "one",
                      "ones",
                      "this",
                      "that",
                      "these",
                      "other",
                      "and",
                      "2",
                      "3",
                      "4",
                      "5"};
}

}  // namespace

Grammar english_grammar() {
  Grammar g;
  g.language = Language::kEnglish;
  fill_words_english(g);
  fill_relations_english(g);
  fill_backgrounds_english(g);
  fill_frames_english(g);
  return g;
}

const Grammar& grammar(Language language) {
  static const Grammar spanish = spanish_grammar();
  static const Grammar english = english_grammar();
  return language == Language::kSpanish ? spanish : english;
}

}  // namespace lienzo::datasets::world
