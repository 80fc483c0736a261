#include "lienzo/weights/safetensors_header.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <string>

#include "../base/expect_error.h"
#include "lienzo/base/file.h"

namespace lienzo::weights {
namespace {

/// A file by hand: the header's length, the header, and `data_bytes` zeros.
std::string file_of(const std::string& header, size_t data_bytes) {
  std::string file;
  for (int i = 0; i < 8; ++i) file += static_cast<char>(header.size() >> (8 * i) & 0xff);
  return file + header + std::string(data_bytes, '\0');
}

TensorIndex parse_safetensors(const std::string& file) {
  return parse_safetensors_header(std::as_bytes(std::span(file)), "hostile.safetensors");
}

std::string tensor_entry(const std::string& dtype,
                         const std::string& shape,
                         const std::string& offsets) {
  return R"({"dtype":")" + dtype + R"(","shape":[)" + shape + R"(],"data_offsets":[)" + offsets +
         "]}";
}

TEST(SafetensorsHeader, ListsWhatItHolds) {
  const TensorIndex index = parse_safetensors(
      file_of(R"({"__metadata__":{"a":"b"},"second":)" + tensor_entry("BF16", "2,2", "4,12") +
                  R"(,"first.x":)" + tensor_entry("F32", "", "0,4") + R"(,"none":)" +
                  tensor_entry("I64", "0,7", "12,12") + "}  ",
              12));
  ASSERT_EQ(index.size(), 3u);
  EXPECT_EQ(index.tensors()[0].name, "first.x");  // in file order
  const uint64_t data = index.tensors()[0].offset;
  EXPECT_EQ(index.tensors()[1], (TensorInfo{"second", DType::kBF16, {2, 2}, data + 4, 8}));
  EXPECT_EQ(index.tensors()[2], (TensorInfo{"none", DType::kI64, {0, 7}, data + 12, 0}));
  EXPECT_EQ(index.metadata().at("a"), "b");
  EXPECT_EQ(index.find("second"), &index.tensors()[1]);
  EXPECT_EQ(index.find("third"), nullptr);
  EXPECT_TRUE(index.has_scope("first"));
  EXPECT_FALSE(index.has_scope("firs"));
}

TEST(SafetensorsHeader, AcceptsSubByteTypesThatEndOnAByte) {
  EXPECT_EQ(parse_safetensors(file_of(R"({"a":)" + tensor_entry("F4", "4", "0,2") + "}", 2))
                .tensors()[0]
                .bytes,
            2u);
  EXPECT_EQ(parse_safetensors(file_of(R"({"a":)" + tensor_entry("F6_E2M3", "4", "0,3") + "}", 3))
                .tensors()[0]
                .bytes,
            3u);
}

TEST(SafetensorsHeader, AcceptsNoTensors) {
  EXPECT_EQ(parse_safetensors(file_of("{}", 0)).size(), 0u);
}

/// One way to be wrong, and what the message must say about it.
struct Wrong {
  const char* what;
  std::string file;
  const char* message;
  friend void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.what; }
};

std::string header_with(const std::string& body, size_t data_bytes = 4) {
  return file_of("{" + body + "}", data_bytes);
}

std::string times(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

const std::string kGoodEntry = R"("a":)" + tensor_entry("F32", "1", "0,4");

const Wrong kWrongHeaders[] = {
    // The prefix.
    {"EmptyFile", "", "got 0 bytes, expected at least 8"},
    {"ShorterThanThePrefix", std::string(7, '\0'), "got 7 bytes"},
    {"NoHeader", std::string(8, '\0'), "begins with '{'"},
    {"HeaderTooLarge", std::string("\x01\xe1\xf5\x05\0\0\0\0{}", 10), "header of 100000001 bytes"},
    {"HeaderOfAlmostAllNumbers",
     std::string(8, '\xff') + "{}",
     "header of 18446744073709551615 bytes"},
    {"HeaderCutOff",
     std::string("\x03\0\0\0\0\0\0\0{}", 10),
     "header cut off, got 2 bytes, expected 3"},
    // JSON.
    {"NotJson", file_of("{nonsense}", 0), "not JSON"},
    {"List", file_of("[]", 0), "begins with '{'"},
    {"LeadingSpace", file_of(" {}", 0), "begins with '{'"},
    {"ByteOrderMark", file_of("\xef\xbb\xbf{}", 0), "begins with '{'"},
    {"Unfinished", file_of("{" + kGoodEntry, 4), "not JSON"},
    {"TwoObjects", file_of("{}{}", 0), "not JSON"},
    {"TrailingZero", file_of(std::string("{}\0", 3), 0), "not JSON"},
    {"NotUtf8", header_with("\"\xff\":" + tensor_entry("F32", "1", "0,4")), "not JSON in UTF-8"},
    {"DeepNesting", file_of("{\"a\":" + times("[", 100000), 0), "expected an object"},
    {"DeepObjects", file_of(times("{\"a\":", 100000), 0), "expected"},
    {"DeepNestingInAShape",
     header_with(R"("a":{"dtype":"F32","shape":)" + times("[", 100000)),
     "got a list"},
    // Keys and their values.
    {"TensorIsANumber",
     header_with(R"("a":1)"),
     "'a' is wrong, got the number 1, expected an object"},
    {"TensorIsNull", header_with(R"("a":null)"), "got null"},
    {"TwoNames", header_with(kGoodEntry + "," + kGoodEntry), "two tensors are named 'a'"},
    {"EmptyTensorsOfOneName",
     header_with(
         R"("a":)" + tensor_entry("F32", "0", "0,0") + R"(,"a":)" + tensor_entry("F32", "0", "0,0"),
         0),
     "two tensors are named 'a'"},
    {"UnknownKey",
     header_with(R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"stride":[1]})"),
     "unknown key, got 'stride'"},
    {"TwoShapes",
     header_with(R"("a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]})"),
     "shape of tensor 'a' comes twice"},
    {"TwoTypes",
     header_with(R"("a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]})"),
     "dtype of tensor 'a' comes twice"},
    {"NoType", header_with(R"("a":{"shape":[1],"data_offsets":[0,4]})"), "has no dtype"},
    {"NoShape", header_with(R"("a":{"dtype":"F32","data_offsets":[0,4]})"), "has no shape"},
    {"NoOffsets", header_with(R"("a":{"dtype":"F32","shape":[1]})"), "has no data_offsets"},
    {"UnknownType",
     header_with(R"("a":)" + tensor_entry("F33", "1", "0,4")),
     "is unknown, got 'F33'"},
    {"TypeIsAList",
     header_with(R"("a":{"dtype":["F32"],"shape":[1],"data_offsets":[0,4]})"),
     "expected a text"},
    {"ShapeIsANumber",
     header_with(R"("a":{"dtype":"F32","shape":1,"data_offsets":[0,4]})"),
     "expected a list"},
    {"ShapeIsText",
     header_with(R"("a":{"dtype":"F32","shape":"1","data_offsets":[0,4]})"),
     "expected a list"},
    {"NegativeLength",
     header_with(R"("a":)" + tensor_entry("F32", "-1", "0,4")),
     "got the number -1"},
    {"FractionalLength",
     header_with(R"("a":)" + tensor_entry("F32", "1.0", "0,4")),
     "got the number '1.0'"},
    {"LengthBeyond64Bits",
     header_with(R"("a":)" + tensor_entry("F32", "18446744073709551616", "0,4")),
     "expected whole numbers"},
    {"TextInAShape",
     header_with(R"("a":)" + tensor_entry("F32", R"("1")", "0,4")),
     "expected whole numbers"},
    {"RankNine",
     header_with(R"("a":)" + tensor_entry("F32", "1,1,1,1,1,1,1,1,1", "0,4")),
     "more than 8 numbers"},
    {"OneOffset",
     header_with(R"("a":)" + tensor_entry("F32", "1", "4")),
     "got 1 numbers, expected 2"},
    {"ThreeOffsets",
     header_with(R"("a":)" + tensor_entry("F32", "1", "0,4,8")),
     "got 3 numbers, expected 2"},
    {"MetadataIsAList",
     header_with(R"("__metadata__":[])", 0),
     "'__metadata__' is wrong, got a list"},
    {"MetadataIsNull", header_with(R"("__metadata__":null)", 0), "got null"},
    {"MetadataNumber",
     header_with(R"("__metadata__":{"epoch":3})", 0),
     "metadata 'epoch' is wrong, got the number 3, expected a text"},
    {"MetadataObject",
     header_with(R"("__metadata__":{"epoch":{}})", 0),
     "got an object, expected a text"},
    {"MetadataKeyTwice",
     header_with(R"("__metadata__":{"k":"1","k":"2"})", 0),
     "metadata key 'k' comes twice"},
    {"MetadataTwice",
     header_with(R"("__metadata__":{},"__metadata__":{})", 0),
     "__metadata__ comes twice"},
    // Layout.
    {"FirstNotAtZero",
     header_with(R"("a":)" + tensor_entry("F32", "1", "4,8"), 8),
     "hole before tensor 'a'"},
    {"Hole",
     header_with(kGoodEntry + R"(,"b":)" + tensor_entry("F32", "1", "5,9"), 9),
     "hole before tensor 'b', got bytes 5..9, expected from 4"},
    {"Overlap",
     header_with(kGoodEntry + R"(,"b":)" + tensor_entry("F32", "1", "3,7"), 7),
     "tensor 'b' overlaps"},
    {"SamePlace",
     header_with(kGoodEntry + R"(,"b":)" + tensor_entry("F32", "1", "0,4")),
     "overlaps"},
    {"EndsBeforeItBegins",
     header_with(kGoodEntry + R"(,"b":)" + tensor_entry("F32", "0", "4,0")),
     "ends before it begins"},
    {"Tail",
     header_with(kGoodEntry, 5),
     "bytes after the last tensor, got 5 bytes of data, expected 4"},
    {"TailWithoutTensors", file_of("{}", 1), "bytes after the last tensor"},
    {"DataCutOff",
     header_with(kGoodEntry, 3),
     "tensor 'a' is cut off: the file has 65 bytes, the header promises 66; the file may be an "
     "unfinished download"},
    {"EndBeyond64Bits",
     header_with(R"("a":)" + tensor_entry("F32", "1", "0,18446744073709551615")),
     "the header promises over 18446744073709551615"},
    {"TooManyBytes",
     header_with(R"("a":)" + tensor_entry("F32", "2", "0,4")),
     "got 4 bytes, expected 8"},
    {"TooFewBytes",
     header_with(R"("a":)" + tensor_entry("F16", "1", "0,4")),
     "got 4 bytes, expected 2"},
    // 2^32 * 2^32 elements are 0 modulo 2^64, and 2^62 elements of 4 bytes are as well.
    {"CountOverflows",
     header_with(R"("a":)" + tensor_entry("F32", "4294967296,4294967296", "0,0"), 0),
     "whose size cannot be"},
    {"BytesOverflow",
     header_with(R"("a":)" + tensor_entry("F32", "4611686018427387904", "0,0"), 0),
     "whose size cannot be"},
    {"LengthBeyondSigned",
     header_with(R"("a":)" + tensor_entry("U8", "18446744073709551615", "0,0"), 0),
     "whose size cannot be"},
    {"ZeroHidesOverflow",
     header_with(R"("a":)" + tensor_entry("U8", "0,4294967296,4294967296", "0,0"), 0),
     "whose size cannot be"},
    {"HalfAByte",
     header_with(R"("a":)" + tensor_entry("F4", "3", "0,2"), 2),
     "whose size cannot be"},
};

class WrongHeader : public testing::TestWithParam<Wrong> {};

TEST_P(WrongHeader, IsRefusedWithItsReason) {
  expect_error(
      ErrorKind::kCorrupt,
      [] { parse_safetensors(GetParam().file); },
      "[hostile.safetensors] ",
      GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(All,
                         WrongHeader,
                         testing::ValuesIn(kWrongHeaders),
                         [](const testing::TestParamInfo<Wrong>& test) { return test.param.what; });

TEST(SafetensorsHeader, EveryCutOfAGoodFileIsRefused) {
  const std::string good = header_with(kGoodEntry);
  ASSERT_NO_THROW(parse_safetensors(good));
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_THROW(parse_safetensors(good.substr(0, length)), Error) << length;
  }
}

TEST(SafetensorsHeader, MessagesStayReadableWhateverTheName) {
  const std::string name = "\\u0000\\n" + std::string(5000, 'x');
  try {
    parse_safetensors(header_with("\"" + name + "\":1"));
    FAIL();
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_LT(message.size(), 400u);
    EXPECT_EQ(message.find('\n'), std::string::npos);
    EXPECT_NE(message.find("'\\x00\\x0ax"), std::string::npos) << message;
  }
}

// The fuzzer's seeds and finds: each must be read or refused, never more.
TEST(SafetensorsHeader, SurvivesTheFuzzCorpus) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(LIENZO_TEST_DATA "/fuzz/corpus/safetensors")) {
    const MappedFile file(entry.path());
    try {
      parse_safetensors_header(file.bytes(), entry.path().string());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kCorrupt) << error.what();
    }
    ++files;
  }
  EXPECT_GT(files, 5);
}

}  // namespace
}  // namespace lienzo::weights
