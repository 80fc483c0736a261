#include "lienzo/weights/gguf_header.h"

#include <gtest/gtest.h>

#include <ostream>

#include "../base/expect_error.h"
#include "hand_made_gguf.h"

namespace lienzo::weights {
namespace {

using namespace hand_made;

TensorIndex parse_gguf(const std::string& file) {
  return parse_gguf_header(bytes_of(file), "hostile.gguf");
}

std::string with_value(const std::string& value) { return gguf({.values = {value}}); }
std::string with_tensor(const std::string& entry, size_t data_bytes = 24) {
  return gguf({.tensors = {entry}, .data_bytes = data_bytes});
}

TEST(GgufHeader, PlacesTensorsOneAfterTheOther) {
  for (const uint32_t version : {2, 3}) {
    const std::string file = gguf({.tensors = {entry("a", {3, 2}),
                                               entry("b", {512, 1}, 12, 32),
                                               entry("c", {}, 24, 320),
                                               entry("d", {0, 7}, 30, 352)},
                                   .data_bytes = 352,
                                   .version = version});
    const uint64_t data = file.size() - 352;
    const TensorIndex index = parse_gguf(file);
    ASSERT_EQ(index.size(), 4u);
    EXPECT_EQ(index.tensors()[0], (TensorInfo{"a", DType::kF32, {2, 3}, data, 24}));
    EXPECT_EQ(index.tensors()[1], (TensorInfo{"b", DType::kQ4K, {1, 512}, data + 32, 288}));
    EXPECT_EQ(index.tensors()[2], (TensorInfo{"c", DType::kI8, {}, data + 320, 1}));
    EXPECT_EQ(index.tensors()[3], (TensorInfo{"d", DType::kBF16, {7, 0}, data + 352, 0}));
  }
}

TEST(GgufHeader, TheLastTensorNeedsNoPadding) {
  EXPECT_EQ(parse_gguf(with_tensor(entry("a", {6}), 24)).size(), 1u);
  EXPECT_EQ(parse_gguf(with_tensor(entry("a", {6}), 32)).size(), 1u);
}

TEST(GgufHeader, ObeysTheAlignment) {
  const std::string file = gguf({.values = {value("general.alignment", 4, le(8, 4))},
                                 .tensors = {entry("a", {1}), entry("b", {1}, 0, 8)},
                                 .data_bytes = 16,
                                 .alignment = 8});
  EXPECT_EQ(parse_gguf(file).find("b")->offset, file.size() - 8);
}

TEST(GgufHeader, ShowsValuesAsText) {
  const std::string file = gguf({.values = {value("a", 0, "\xff"),
                                            value("b", 1, "\xff"),
                                            value("c", 2, "\xff\xff"),
                                            value("d", 3, "\xff\xff"),
                                            value("e", 4, "\xff\xff\xff\xff"),
                                            value("f", 5, "\xff\xff\xff\xff"),
                                            value("g", 6, le(0x3f000000, 4)),
                                            value("h", 7, "\1"),
                                            value("i", 8, words("ñ")),
                                            value("j", 10, le(UINT64_MAX, 8)),
                                            value("k", 11, le(UINT64_MAX, 8)),
                                            value("l", 12, le(0x3fe0000000000000, 8)),
                                            list("m", 5, 2, le(1, 4) + le(0xffffffff, 4)),
                                            list("n", 8, 2, words("x") + words("yz")),
                                            list("o", 0, 17, std::string(17, 'x')),
                                            list("p", 6, 0, ""),
                                            value("q", 8, words(std::string(70000, 'x')))}});
  EXPECT_EQ(parse_gguf(file).metadata(),
            (std::map<std::string, std::string>{{"a", "255"},
                                                {"b", "-1"},
                                                {"c", "65535"},
                                                {"d", "-1"},
                                                {"e", "4294967295"},
                                                {"f", "-1"},
                                                {"g", "0.5"},
                                                {"h", "true"},
                                                {"i", "ñ"},
                                                {"j", "18446744073709551615"},
                                                {"k", "-1"},
                                                {"l", "0.5"},
                                                {"m", "[1, -1]"},
                                                {"n", "(list of 2)"},
                                                {"o", "(list of 17)"},
                                                {"p", "[]"},
                                                {"q", "(text of 70000 bytes)"}}));
}

TEST(GgufHeader, RestoresTheShapeThatAConverterNoted) {
  const std::string file =
      gguf({.values = {list("comfy.gguf.orig_shape.conv", 5, 3, le(4, 4) + le(8, 4) + le(16, 4)),
                       list("comfy.gguf.orig_shape.absent", 5, 1, le(4, 4))},
            .tensors = {entry("conv", {256, 2}, 12)},
            .data_bytes = 288});
  EXPECT_EQ(parse_gguf(file).find("conv")->shape, (std::vector<int64_t>{4, 8, 16}));
}

TEST(GgufHeader, EveryCutIsRefused) {
  const std::string good = gguf({.values = {value("a", 8, words("b")), list("c", 4, 1, le(1, 4))},
                                 .tensors = {entry("a", {6}), entry("b", {32}, 8, 32)},
                                 .data_bytes = 32 + 34});
  ASSERT_NO_THROW(parse_gguf(good));
  for (size_t length = 0; length < good.size(); ++length)
    EXPECT_THROW(parse_gguf(good.substr(0, length)), Error) << length;
}

/// One way to be wrong, and what the message must say about it.
struct WrongGguf {
  const char* what;
  std::string file;
  ErrorKind kind;
  const char* message;
  friend void PrintTo(const WrongGguf& wrong, std::ostream* out) { *out << wrong.what; }
};

std::vector<WrongGguf> wrong_gguf_files() {
  constexpr ErrorKind kCorrupt = ErrorKind::kCorrupt;
  constexpr ErrorKind kUnsupported = ErrorKind::kUnsupported;
  const auto shape = [](uint64_t count, const std::string& lengths) {
    return gguf({.values = {list("comfy.gguf.orig_shape.a", 11, count, lengths)},
                 .tensors = {entry("a", {6})},
                 .data_bytes = 24});
  };
  std::vector<WrongGguf> wrong = {
      {"OtherMagic", "GGML" + std::string(100, '\0'), kCorrupt, "not a GGUF file"},
      {"VersionZero", gguf({.version = 0}), kUnsupported, "version 0"},
      {"VersionOne", gguf({.version = 1}), kUnsupported, "version 1, expected 2 or 3"},
      {"VersionFour", gguf({.version = 4}), kUnsupported, "version 4"},
      {"BigEndian", gguf({.version = 3u << 24}), kUnsupported, "big-endian"},
      {"ManyTensors", "GGUF" + le(3, 4) + le(1 << 19, 8) + le(0, 8), kCorrupt, "524288 tensors"},
      {"NegativeCount",
       "GGUF" + le(3, 4) + le(UINT64_MAX, 8) + le(0, 8),
       kCorrupt,
       "expected at most"},
      {"ManyValues", "GGUF" + le(3, 4) + le(0, 8) + le(1 << 17, 8), kCorrupt, "131072 values"},
      {"MoreTensorsThanThere", "GGUF" + le(3, 4) + le(1000, 8) + le(0, 8), kCorrupt, "cut off"},
      // Values.
      {"KeyTooLong", with_value(words(std::string(600, 'k')) + le(0, 5)), kCorrupt, "600 bytes"},
      {"KeyBeyondTheFile", with_value(le(400, 8)), kCorrupt, "cut off"},
      {"KeyHuge", with_value(le(UINT64_MAX, 8)), kCorrupt, "18446744073709551615 bytes"},
      {"KeyNotUtf8", with_value(value("\xff", 0, "x")), kCorrupt, "not UTF-8"},
      {"TextNotUtf8", with_value(value("a", 8, words("\xff"))), kCorrupt, "'a' is not UTF-8"},
      {"TextBeyondTheFile", with_value(value("a", 8, le(UINT64_MAX, 8))), kCorrupt, "cut off"},
      {"KeyTwice",
       gguf({.values = {value("a", 0, "x"), value("a", 0, "x")}}),
       kCorrupt,
       "'a' comes twice"},
      {"UnknownType", with_value(value("a", 13, "")), kCorrupt, "unknown type, got 13"},
      {"NeitherTrueNorFalse", with_value(value("a", 7, "\2")), kCorrupt, "got 2"},
      {"NestedList", with_value(list("a", 9, 1, "")), kCorrupt, "nests lists"},
      {"ListOfUnknown", with_value(list("a", 99, 1, "")), kCorrupt, "unknown type, got 99"},
      {"ListHuge", with_value(list("a", 0, UINT64_MAX, "")), kCorrupt, "is cut off"},
      {"ListBeyondTheFile", with_value(list("a", 12, 30, "")), kCorrupt, "cut off"},
      {"AlignmentZero", with_value(value("general.alignment", 4, le(0, 4))), kCorrupt, "got 0"},
      {"AlignmentOdd", with_value(value("general.alignment", 4, le(24, 4))), kCorrupt, "got 24"},
      {"AlignmentHuge",
       with_value(value("general.alignment", 4, le(1u << 31, 4))),
       kCorrupt,
       "power of two up to 1048576"},
      {"AlignmentOfAnotherType",
       with_value(value("general.alignment", 10, le(32, 8))),
       kCorrupt,
       "no number of type U32"},
      {"ShapeOfOtherCount", shape(2, le(2, 8) + le(4, 8)), kCorrupt, "original shape 8"},
      {"ShapeTooLong", shape(9, times(le(1, 8), 9)), kCorrupt, "is no shape"},
      {"ShapeNegative",
       shape(2, le(UINT64_MAX - 1, 8) + le(UINT64_MAX - 2, 8)),
       kCorrupt,
       "no shape"},
      {"ShapeOverflows", shape(2, le(1ULL << 62, 8) + le(4, 8)), kCorrupt, "no shape"},
      {"ShapeOfWords",
       with_value(list("comfy.gguf.orig_shape.a", 8, 1, words("x"))),
       kCorrupt,
       "no shape"},
      // Tensors.
      {"NameTooLong", with_tensor(entry(std::string(600, 'n'), {6})), kCorrupt, "600 bytes"},
      {"NameNotUtf8", with_tensor(entry("\xff", {6})), kCorrupt, "not UTF-8"},
      {"TwoOfAName",
       gguf({.tensors = {entry("a", {1}), entry("a", {1}, 0, 32)}, .data_bytes = 64}),
       kCorrupt,
       "two tensors are named 'a'"},
      {"RankNine", with_tensor(entry("a", {1, 1, 1, 1, 1, 1, 1, 1, 1})), kCorrupt, "9 dimensions"},
      {"UnknownTensorType", with_tensor(entry("a", {6}, 77)), kCorrupt, "unknown type, got 77"},
      {"RemovedType", with_tensor(entry("a", {6}, 4)), kCorrupt, "unknown type, got 4"},
      {"NegativeLength", with_tensor(entry("a", {UINT64_MAX})), kCorrupt, "size cannot be"},
      {"CountOverflows", with_tensor(entry("a", {1ULL << 32, 1ULL << 32})), kCorrupt, "cannot be"},
      {"ZeroHidesOverflow",
       with_tensor(entry("a", {1ULL << 32, 1ULL << 32, 0})),
       kCorrupt,
       "cannot be"},
      {"HalfABlock", with_tensor(entry("a", {16, 2}, 8)), kCorrupt, "no whole blocks of type Q8_0"},
      {"HalfALargeBlock", with_tensor(entry("a", {384}, 14)), kCorrupt, "blocks of type Q6_K"},
      {"BlockOfNoDimension", with_tensor(entry("a", {}, 2)), kCorrupt, "blocks of type Q4_0"},
      {"FirstNotAtZero",
       with_tensor(entry("a", {6}, 0, 32), 56),
       kCorrupt,
       "got byte 32, expected 0"},
      {"Overlap",
       gguf({.tensors = {entry("a", {6}), entry("b", {6})}, .data_bytes = 56}),
       kCorrupt,
       "tensor 'b' is not where"},
      {"NotPadded",
       gguf({.tensors = {entry("a", {6}), entry("b", {6}, 0, 24)}, .data_bytes = 56}),
       kCorrupt,
       "got byte 24, expected 32"},
      {"DataCutOff",
       with_tensor(entry("a", {6}), 23),
       kCorrupt,
       "the file has 87 bytes, the header promises 88"},
      {"HugeTensors",
       gguf({.tensors = {entry("a", {1ULL << 55}, 28), entry("b", {1ULL << 55}, 28, 1ULL << 58)}}),
       kCorrupt,
       "the header promises 576460752303423"},
      {"Tail", with_tensor(entry("a", {6}), 24 + 32), kCorrupt, "bytes after the last tensor"},
  };
  for (const auto& [id, type] : std::vector<std::pair<uint32_t, const char*>>{
           {9, "Q8_1"}, {10, "Q2_K"}, {11, "Q3_K"}, {15, "Q8_K"}, {20, "IQ4_NL"}, {39, "MXFP4"}}) {
    wrong.push_back({type, with_tensor(entry("a", {256}, id)), kUnsupported, type});
  }
  return wrong;
}

TEST(GgufHeader, RefusesSizesWhoseSumOverflows) {
  Parts parts;
  for (uint64_t i = 0; i < 40; ++i)  // 2^59 bytes each
    parts.tensors.push_back(entry(std::to_string(i), {uint64_t{1} << 56}, 28, i << 59));
  expect_error(
      ErrorKind::kCorrupt, [&] { parse_gguf(gguf(parts)); }, "tensor '7' ends beyond any file");
}

class WrongGgufTest : public testing::TestWithParam<WrongGguf> {};

TEST_P(WrongGgufTest, IsRefusedWithItsReason) {
  expect_error(
      GetParam().kind, [] { parse_gguf(GetParam().file); }, "[hostile.gguf] ", GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(All,
                         WrongGgufTest,
                         testing::ValuesIn(wrong_gguf_files()),
                         [](const testing::TestParamInfo<WrongGguf>& test) {
                           return test.param.what;
                         });

}  // namespace
}  // namespace lienzo::weights
