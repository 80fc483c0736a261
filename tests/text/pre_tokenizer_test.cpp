#include "lienzo/text/pre_tokenizer.h"

#include <gtest/gtest.h>

#include <string>

#include "lienzo/base/error.h"
#include "lienzo/text/byte_level.h"

namespace lienzo::text {
namespace {

using Pieces = std::vector<std::string_view>;

// Expected pieces read off the pattern by hand; the goldens of bpe_tokenizer_test.cpp compare with
// the reference.
TEST(PreTokenizer, CutsWordsNumbersAndMarksApart) {
  EXPECT_EQ(split_gpt2("un cubo, 2 conos!"), (Pieces{"un", " cubo", ",", " 2", " conos", "!"}));
  EXPECT_EQ(split_gpt2("x2y"), (Pieces{"x", "2", "y"}));
  EXPECT_EQ(split_gpt2("pirámide ñandú"), (Pieces{"pirámide", " ñandú"}));
  EXPECT_EQ(split_gpt2(""), Pieces{});
}

TEST(PreTokenizer, CutsEnglishContractions) {
  EXPECT_EQ(split_gpt2("it's we'll don't"), (Pieces{"it", "'s", " we", "'ll", " don", "'t"}));
  EXPECT_EQ(split_gpt2("IT'S"), (Pieces{"IT", "'", "S"}));
  EXPECT_EQ(split_gpt2(" 's 'x"), (Pieces{" '", "s", " '", "x"}));
  EXPECT_EQ(split_gpt2("'"), (Pieces{"'"}));
}

TEST(PreTokenizer, LeavesTheLastBlankToTheNextWord) {
  EXPECT_EQ(split_gpt2("a   b"), (Pieces{"a", "  ", " b"}));
  EXPECT_EQ(split_gpt2("a \n b  "), (Pieces{"a", " \n", " b", "  "}));
  EXPECT_EQ(split_gpt2("a\n\nb"), (Pieces{"a", "\n", "\n", "b"}));
  EXPECT_EQ(split_gpt2("a\u00a0b"), (Pieces{"a", "\u00a0", "b"}));
  EXPECT_EQ(split_gpt2("   "), (Pieces{"   "}));
}

TEST(PreTokenizer, RefusesBrokenUtf8) {
  for (const std::string text : {"\x80", "a\xe2\x82", "a \xff b"})
    EXPECT_THROW(split_gpt2(text), Error);
}

TEST(PreTokenizer, CutsWordsOfClip) {
  EXPECT_EQ(split_clip(" a  photo, it's 42!? "),
            (Pieces{"a", "photo", ",", "it", "'s", "4", "2", "!?"}));
  EXPECT_EQ(split_clip("''d'd don't"), (Pieces{"''", "d", "'d", "don", "'t"}));
  EXPECT_EQ(split_clip("e\u0301😀½"), (Pieces{"e", "\u0301😀", "½"}));
  EXPECT_EQ(split_clip("x<|endoftext|>!"), (Pieces{"x", "<|", "endoftext", "|>", "!"}));
  EXPECT_EQ(split_clip("x<|endoftext|>!", /*special_tokens=*/false),
            (Pieces{"x", "<|", "endoftext", "|>!"}));
  EXPECT_EQ(split_clip("!<|endoftext|>"), (Pieces{"!<|", "endoftext", "|>"}));
  EXPECT_EQ(split_clip("<|endoftext<|>!"), (Pieces{"<|", "endoftext", "<|>!"}));
  EXPECT_EQ(split_clip(" \n"), Pieces{});
  EXPECT_EQ(split_clip(""), Pieces{});
  EXPECT_THROW(split_clip("a \xff b"), Error);
  EXPECT_EQ(split("a b", SplitPattern::kClip), (Pieces{"a", "b"}));
  EXPECT_EQ(split("a b", SplitPattern::kGpt2), (Pieces{"a", " b"}));
}

TEST(ByteLevel, StandInsAreThoseOfGpt2) {
  EXPECT_EQ(to_byte_level(" rojo\n"), "ĠrojoĊ");
  EXPECT_EQ(to_byte_level("é"), "Ã©");
  EXPECT_EQ(from_byte_level("ĠrojoĊ"), " rojo\n");
  EXPECT_EQ(from_byte_level(" "), std::nullopt);  // no byte is written so
  EXPECT_EQ(from_byte_level("漢"), std::nullopt);
  EXPECT_EQ(from_byte_level("\xff"), std::nullopt);
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(from_byte_level(to_byte_level(all)), all);
}

}  // namespace
}  // namespace lienzo::text
