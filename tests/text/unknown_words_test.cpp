#include "lienzo/text/unknown_words.h"

#include <gtest/gtest.h>

#include "lienzo/base/error.h"

namespace lienzo::text {
namespace {

using Words = std::vector<std::string>;

const std::unordered_set<std::string> kKnown = {"un",
                                                "una",
                                                "cubo",
                                                "cilindro",
                                                "pirámide",
                                                "rojo",
                                                "con",
                                                "the",
                                                "cube",
                                                "pequeño",
                                                "y",
                                                "a",
                                                "cartel",
                                                "sign",
                                                "says",
                                                "encima",
                                                "de"};

TEST(UnknownWords, AreNamedInOrderInLowerCaseWithoutRepeats) {
  EXPECT_EQ(
      unknown_words("Un cubo de Guacamole encima de un JABALÍ, un guacamole y un jabali", kKnown),
      (Words{"guacamole", "jabalí"}));
  EXPECT_EQ(unknown_words("un cubo rojo", kKnown), Words{});
  EXPECT_EQ(unknown_words("", kKnown), Words{});
}

TEST(UnknownWords, IgnoreAccentsAndCase) {
  EXPECT_EQ(unknown_words("un CUBÓ, una piramide, un cilindro PEQUENO", kKnown), Words{});
  EXPECT_EQ(unknown_words("una pira\u0301mide", kKnown), Words{});
}

TEST(UnknownWords, LeaveOutQuotedTextNumbersAndMarks) {
  EXPECT_EQ(unknown_words("un cartel \"guacamole\", «agua», “té”, 'sol' y ‘luz’", kKnown), Words{});
  EXPECT_EQ(unknown_words("un cartel\"x\"azul", kKnown), Words{"azul"});
  EXPECT_EQ(unknown_words("3 cubo, 3,5 ... ¡¿?! -- 42 ½ (y)", kKnown), Words{});
}

TEST(UnknownWords, KnowApostrophes) {
  EXPECT_EQ(unknown_words("the cube's sign, the cube’s sign", kKnown), Words{});
  EXPECT_EQ(unknown_words("the avocado's sign says don't", kKnown), (Words{"avocado", "don't"}));
}

TEST(UnknownWords, NameOtherScriptsAndPictographs) {
  EXPECT_EQ(unknown_words("un куб 🥑 a", kKnown), (Words{"куб", "🥑"}));
  EXPECT_FALSE(unknown_words("立方体", kKnown).empty());
}

TEST(UnknownWords, RefuseBrokenUtf8) { EXPECT_THROW(unknown_words("cubo \xff", kKnown), Error); }

}  // namespace
}  // namespace lienzo::text
