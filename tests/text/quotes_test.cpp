#include "lienzo/text/quotes.h"

#include <gtest/gtest.h>

#include <ctime>

#include "lienzo/base/error.h"

namespace lienzo::text {
namespace {

using Words = std::vector<std::string>;

TEST(Quotes, BecomeAsciiAndUpperCase) {
  for (const std::string prompt : {"un cartel \"hola\" rojo",
                                   "un cartel “hola” rojo",
                                   "un cartel «hola» rojo",
                                   "un cartel 'hola' rojo",
                                   "un cartel ‘hola’ rojo",
                                   "un cartel „hola“ rojo",
                                   "un cartel « Hola » rojo",
                                   "un cartel “hola\" rojo",
                                   "un cartel 「hola」 rojo"}) {
    const NormalisedPrompt normalised = normalise_quoted(prompt);
    EXPECT_EQ(normalised.text, "un cartel \"HOLA\" rojo") << prompt;
    EXPECT_EQ(normalised.words, Words{"HOLA"}) << prompt;
  }
}

TEST(Quotes, LoseAccentsButKeepTheEnye) {
  EXPECT_EQ(normalise_quoted("\"café pingüino niño\"").text, "\"CAFE PINGUINO NIÑO\"");
  EXPECT_EQ(normalise_quoted("\"cafe\u0301 nin\u0303o\"").text, "\"CAFE NIÑO\"");
}

TEST(Quotes, LeaveTheRestAlone) {
  EXPECT_EQ(normalise_quoted("Una Pirámide «sí» Ámbar").text, "Una Pirámide \"SI\" Ámbar");
  EXPECT_EQ(normalise_quoted("").text, "");
  EXPECT_TRUE(normalise_quoted("un cubo").words.empty());
}

TEST(Quotes, AreListedInOrderWithRepeats) {
  EXPECT_EQ(normalise_quoted("\"uno\", 'dos' y «uno»").words, (Words{"UNO", "DOS", "UNO"}));
  EXPECT_EQ(normalise_quoted("\"\" y ' ' y \" \"").words, Words{});
  EXPECT_EQ(normalise_quoted("«di \"hola\"»").text, "\"DI HOLA\"");
}

TEST(Quotes, AreNotApostrophes) {
  for (const std::string prompt : {"don't draw the cube's shadow",
                                   "the cubes' shadow and the cones' shadow",
                                   "it’s the cube’s",
                                   "l'eau d'un lac",
                                   "'tis red",
                                   "a 5' cube",
                                   "the 'cube",
                                   "don't «",
                                   "a \"cube",
                                   "a cube\""}) {
    EXPECT_EQ(normalise_quoted(prompt).text, prompt);
  }
  EXPECT_EQ(normalise_quoted("the cube's sign says 'don't' isn't it").text,
            "the cube's sign says \"DON'T\" isn't it");
  EXPECT_EQ(normalise_quoted("the cubes' sign 'HOLA'").words, Words{"HOLA"});
  EXPECT_EQ(normalise_quoted("signs ('paz','sol')").words, (Words{"PAZ", "SOL"}));
}

TEST(Quotes, TellWhereTheyAre) {
  const std::vector<QuotedSpan> spans = find_quoted("ñ «sí»");
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].begin, 3u);
  EXPECT_EQ(spans[0].inner_begin, 5u);
  EXPECT_EQ(spans[0].inner_end, 8u);
  EXPECT_EQ(spans[0].end, 10u);
}

TEST(Quotes, RefuseBrokenUtf8) {
  try {
    normalise_quoted("\"\xff\"");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput);
  }
}

// Of the processor, so that other work on the machine does not count; looked for again from every
// opening mark, closing ones would take minutes.
TEST(Quotes, TakeLinearTime) {
  const std::clock_t start = std::clock();
  for (const std::string unit : {"« ", " 'a", " ‘a", "“ ", "\"", "'", "「"}) {
    std::string prompt;
    while (prompt.size() < 300'000) prompt += unit;
    normalise_quoted(prompt);
  }
  EXPECT_LT(std::clock() - start, 5 * CLOCKS_PER_SEC);
}

}  // namespace
}  // namespace lienzo::text
