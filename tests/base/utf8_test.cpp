#include "lienzo/base/utf8.h"

#include "expect_error.h"

namespace lienzo {
namespace {

TEST(Utf8, RoundTripsTheBoundariesOfEveryLength) {
  const std::u32string points = {
      0x00, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF, U'ñ', U'🟥'};
  const std::string text = encode_utf8(points);
  EXPECT_TRUE(is_valid_utf8(text));
  EXPECT_EQ(decode_utf8(text, "test"), points);
  EXPECT_EQ(text.size(), 1u + 1 + 2 + 2 + 3 + 3 + 3 + 3 + 4 + 4 + 2 + 4);
  EXPECT_EQ(encode_utf8(U"año"), "a\xC3\xB1o");
}

class BadUtf8 : public testing::TestWithParam<const char*> {};

TEST_P(BadUtf8, IsRefusedWithItsOffset) {
  const std::string text = std::string("ab") + GetParam() + "c";
  EXPECT_FALSE(is_valid_utf8(text));
  EXPECT_FALSE(is_valid_utf8(text.substr(0, text.size() - 1)));
  expect_error(
      ErrorKind::kInvalidInput,
      [&] { decode_utf8(text, "prompt"); },
      "[prompt]",
      "not valid UTF-8",
      "offset 2");
}

INSTANTIATE_TEST_SUITE_P(Utf8,
                         BadUtf8,
                         testing::Values("\x80",              // a continuation without a start
                                         "\xC3",              // cut short
                                         "\xE2\x82",          //
                                         "\xF0\x9F\x9F",      //
                                         "\xC0\xAF",          // overlong
                                         "\xC1\xBF",          //
                                         "\xE0\x9F\xBF",      //
                                         "\xF0\x8F\xBF\xBF",  //
                                         "\xED\xA0\x80",      // surrogate
                                         "\xF4\x90\x80\x80",  // above U+10FFFF
                                         "\xF5\x80\x80\x80",  //
                                         "\xFF"));

TEST(Utf8, RefusesToEncodeWhatIsNotACharacter) {
  expect_error(
      ErrorKind::kInvalidInput, [] { encode_utf8(std::u32string{0xD800}); }, "U+D800");
  expect_error(
      ErrorKind::kInvalidInput, [] { encode_utf8(std::u32string{0x110000}); }, "U+110000");
}

}  // namespace
}  // namespace lienzo
