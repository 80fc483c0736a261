#include "lienzo/text/fold.h"

#include <gtest/gtest.h>

#include "lienzo/base/error.h"
#include "lienzo/text/normalizer.h"

namespace lienzo::text {
namespace {

TEST(Fold, ChangesCase) {
  EXPECT_EQ(lower_case("ÁRBOL ÑU"), "árbol ñu");
  EXPECT_EQ(lower_case("E\u0301"), "é");
  EXPECT_EQ(lower_case("ΟΔΟΣ"), "οδος");  // a final sigma by its context
  EXPECT_EQ(lower_case_each("ΟΔΟΣ"), "οδοσ");
  EXPECT_EQ(lower_case_each("İE\u0301🙂"), "i\u0307e\u0301🙂");
  EXPECT_EQ(upper_case("niño, straße"), "NIÑO, STRASSE");
}

TEST(Fold, StripsAccentsFromLatinLettersOnly) {
  EXPECT_EQ(strip_accents("áéíóúüñç ÁÉÍÓÚÜÑ"), "aeiouunc AEIOUUN");
  EXPECT_EQ(strip_accents("áñ n\u0303 N\u0303", /*keep_enye=*/true), "añ ñ Ñ");
  EXPECT_EQ(strip_accents("がй"), "がй");
  EXPECT_EQ(fold("CUBÓ"), "cubo");
}

TEST(Fold, CollapsesBlanks) {
  EXPECT_EQ(collapse_blanks(" a \t\r\n b\u00a0\u3000c\u0085\u2028"), " a b c ");
  EXPECT_EQ(collapse_blanks("a\u200b\u001c"), "a\u200b\u001c");  // no White_Space
  EXPECT_EQ(collapse_blanks(""), "");
}

TEST(Fold, RefusesBrokenUtf8) {
  for (const std::string text : {"\xff", "a\xc3", "\xed\xa0\x80"}) {
    EXPECT_THROW(check_utf8(text), Error);
    EXPECT_THROW(lower_case(text), Error);
    EXPECT_THROW(lower_case_each(text), Error);
    EXPECT_THROW(fold(text), Error);
  }
}

TEST(Normalizer, AppliesItsStepsInOrder) {
  EXPECT_EQ(normalize("E\u0301", {}), "E\u0301");
  EXPECT_EQ(normalize("E\u0301", {NormalizerStep::kNfc}), "É");
  EXPECT_EQ(normalize("E\u0301", {NormalizerStep::kLowercase}), "e\u0301");
  EXPECT_EQ(normalize("E\u0301", {NormalizerStep::kLowercase, NormalizerStep::kNfc}), "é");
}

}  // namespace
}  // namespace lienzo::text
