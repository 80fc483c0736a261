#include "lienzo/weights/torch_contents.h"

#include <gtest/gtest.h>

#include <ostream>

#include "../base/expect_error.h"
#include "hand_made.h"

namespace lienzo::weights {
namespace {

using namespace hand_made;

TorchContents parse_torch(const std::string& file) {
  return parse_torch_file(bytes_of(file), "hostile.pth");
}

const std::string kNumbers(24, '\1');  // six floats

/// A file whose dictionary has one tensor "a".
std::string file_with(const std::string& value) {
  return torch_zip(dict(text("a") + value), kNumbers).bytes;
}

/// The same in the older format; `tail` follows the pickle of the dictionary.
std::string legacy_with(const std::string& value, const std::string& tail) {
  return torch_legacy(dict(text("a") + value), tail);
}

std::string keys(const std::string& items) { return kProtocol + "](" + items + "e."; }

const std::string kGood = tensor({2, 3}, {3, 1});
const std::string kTail = keys(text("0")) + le(6, 8) + kNumbers;

std::vector<std::string> names(const TorchContents& contents) {
  std::vector<std::string> names;
  for (const TensorInfo& info : contents.index.tensors()) names.push_back(info.name);
  return names;
}

TEST(TorchContents, PlacesTensorsInBothFormats) {
  for (const std::string& file :
       {file_with(tensor({2, 2}, {3, 1}, 1)), legacy_with(tensor({2, 2}, {3, 1}, 1), kTail)}) {
    const TorchContents contents = parse_torch(file);
    ASSERT_EQ(contents.index.size(), 1u);
    const TensorInfo& info = contents.index.tensors()[0];
    EXPECT_EQ(info, (TensorInfo{"a", DType::kF32, {2, 2}, file.find(kNumbers) + 4, 16}));
    EXPECT_EQ(contents.strides[0], (std::vector<int64_t>{3, 1}));
  }
}

TEST(TorchContents, AcceptsTensorsOfPython2AndPyTorch03) {
  const std::string older = python_name("torch._utils", "_rebuild_tensor") + "(" + persistent({}) +
                            number(0) + tuple({6}) + tuple({1}) + "tR";
  const std::string view = "(" + text("storage") + python_name("torch", "FloatStorage") +
                           text("0") + text("cpu") + number(6) + "NtQ";
  EXPECT_EQ(parse_torch(legacy_with(older, kTail)).index.size(), 1u);
  EXPECT_EQ(parse_torch(legacy_with(python_name("torch._utils", "_rebuild_tensor") + "(" + view +
                                        number(0) + tuple({6}) + tuple({1}) + "tR",
                                    kTail))
                .index.size(),
            1u);
}

TEST(TorchContents, StridesOfSingleElementsSayNothing) {
  const TorchContents contents =
      parse_torch(file_with(tensor({1, 6, 1}, {INT64_MAX, 1, INT64_MAX})));
  EXPECT_EQ(contents.strides[0], (std::vector<int64_t>{1, 1, 1}));
}

TEST(TorchContents, EmptyTensorsMayLieAnywhere) {
  EXPECT_EQ(parse_torch(file_with(tensor({0, 3}, {3, 1}, 1000))).index.tensors()[0].bytes, 0u);
}

TEST(TorchContents, JoinsTheNamesOfNestedCollections) {
  const std::string file =
      torch_zip(dict(text("net") + dict(text("w") + kGood + number(3) + kGood) + text("pair") +
                     kGood + kGood + "\x86" + text("list") + "](" + kGood + "e" + text("lr") +
                     number(1) + "N" + kGood + text("none") + "N"),
                kNumbers)
          .bytes;
  EXPECT_EQ(names(parse_torch(file)),
            (std::vector<std::string>{"net.w", "net.3", "pair.0", "pair.1", "list.0"}));
}

TEST(TorchContents, EntersTheDictionaryOfTheModel) {
  const std::string file =
      torch_zip(dict(text("optimizer") + dict(text("moment") + kGood) + text("params") +
                     dict(text("w") + kGood) + text("params_ema") + dict(text("v") + kGood) +
                     text("latent_avg") + kGood + text("step") + number(7)),
                kNumbers)
          .bytes;
  const TorchContents contents = parse_torch(file);
  EXPECT_EQ(names(contents), (std::vector<std::string>{"v", "latent_avg"}));
  EXPECT_EQ(contents.index.metadata().at("step"), "7");
  EXPECT_EQ(names(parse_torch(torch_zip(dict(text("state_dict") + kGood), kNumbers).bytes)),
            (std::vector<std::string>{"state_dict"}));  // a tensor of that name
}

TEST(TorchContents, KeepsNumbersAndTextsAsMetadata) {
  const std::string half("G\x3f\xe0\0\0\0\0\0\0", 9);
  const std::string file =
      torch_zip(dict(text("epoch") + number(-3) + text("lr") + half + text("by") + text("ñ") +
                     text("done") + "\x88" + text("list") + "](K\1e"),
                kNumbers)
          .bytes;
  EXPECT_EQ(parse_torch(file).index.metadata(),
            (std::map<std::string, std::string>{
                {"epoch", "-3"}, {"lr", "0.5"}, {"by", "ñ"}, {"done", "true"}}));
}

/// One way to be wrong, and what the message must say about it.
struct WrongTorchFile {
  const char* what;
  std::string file;
  ErrorKind kind;
  const char* message;
  friend void PrintTo(const WrongTorchFile& wrong, std::ostream* out) { *out << wrong.what; }
};

constexpr ErrorKind kCorrupt = ErrorKind::kCorrupt;
constexpr ErrorKind kUnsupported = ErrorKind::kUnsupported;

std::string rebuilt(const std::string& arguments) {
  return python_name("torch._utils", "_rebuild_tensor_v2") + "(" + arguments + "tR";
}

std::string with_id(const std::string& id) {
  return rebuilt(id + "Q" + number(0) + tuple({6}) + tuple({1}));
}

std::vector<WrongTorchFile> wrong_torch_files() {
  const std::string float_type = python_name("torch", "FloatStorage");
  const std::string pickle = kProtocol + dict(text("a") + kGood) + ".";
  const std::string deep = times("}" + text("k"), 20) + "N" + times("s", 20);
  const std::string long_name(400, 'n');
  return {
      // The archive.
      {"NoPickle", zip_of({{"a/b", "x"}}).bytes, kUnsupported, "without data.pkl"},
      {"PickleTooDeep", zip_of({{"a/b/data.pkl", "x"}}).bytes, kUnsupported, "without data.pkl"},
      {"TwoPickles",
       zip_of({{"a/data.pkl", "x"}, {"b/data.pkl", "x"}}).bytes,
       kCorrupt,
       "two files data.pkl"},
      {"TorchScript",
       zip_of({{"a/data.pkl", pickle}, {"a/constants.pkl", ""}}).bytes,
       kUnsupported,
       "TorchScript"},
      {"BigEndian",
       zip_of({{"a/data.pkl", pickle}, {"a/byteorder", "big"}}).bytes,
       kUnsupported,
       "big-endian"},
      {"BytesAfterThePickle",
       zip_of({{"a/data.pkl", pickle + "N"}, {"a/data/0", kNumbers}}).bytes,
       kCorrupt,
       "goes on after its end"},
      {"NoStorage",
       zip_of({{"a/data.pkl", pickle}}).bytes,
       kCorrupt,
       "lacks the numbers of storage '0'"},
      {"StorageTooShort",
       torch_zip(dict(text("a") + kGood), kNumbers.substr(4)).bytes,
       kCorrupt,
       "got 20 bytes, expected 6 elements of 4"},
      {"StorageOfHalfElements",
       torch_zip(dict(text("a") + kGood), kNumbers + "x").bytes,
       kCorrupt,
       "got 25 bytes"},
      {"KeyLeadsUpwards",
       file_with(tensor({6}, {1}, 0, {.key = "../data.pkl"})),
       kCorrupt,
       "numbers of storage '../data.pkl'"},
      // The dictionary.
      {"ATensorAlone", torch_zip(kGood, kNumbers).bytes, kUnsupported, "holds a tensor, expected"},
      {"AListAlone", torch_zip("]", kNumbers).bytes, kUnsupported, "holds a list"},
      {"AnObjectAlone",
       torch_zip(python_name("argparse", "Namespace") + ")R", kNumbers).bytes,
       kUnsupported,
       "holds a Python object"},
      {"TwoOfAName",
       torch_zip(dict(text("a") + kGood + text("a") + kGood), kNumbers).bytes,
       kCorrupt,
       "two tensors are named 'a'"},
      {"Deep", torch_zip(deep, kNumbers).bytes, kCorrupt, "nested deeper than 16"},
      {"Circle", torch_zip("}q\1" + text("k") + "h\1s", kNumbers).bytes, kCorrupt, "nested deeper"},
      {"LongKey",
       torch_zip(dict(text(std::string(513, 'n')) + kGood), kNumbers).bytes,
       kCorrupt,
       "a name has 513 bytes"},
      {"LongName",
       torch_zip(dict(text(long_name) + dict(text(long_name) + kGood)), kNumbers).bytes,
       kCorrupt,
       "has 801 bytes"},
      {"LongMetadata",
       torch_zip(dict(text("a") + text(std::string(1 << 20, 'x'))), kNumbers).bytes,
       kCorrupt,
       "bytes of texts"},
      // Storages.
      {"IdIsAText", file_with(with_id(text("0"))), kCorrupt, "named by no tuple"},
      {"IdIsEmpty", file_with(with_id(")")), kCorrupt, "named by no tuple"},
      {"IdOfAnotherKind",
       file_with(
           with_id("(" + text("thing") + float_type + text("0") + text("cpu") + number(6) + "t")),
       kCorrupt,
       "unknown kind of tuple"},
      {"IdTooShort",
       file_with(with_id("(" + text("storage") + float_type + text("0") + number(6) + "t")),
       kCorrupt,
       "unknown kind of tuple"},
      {"IdOfAModule",
       file_with(with_id("(" + text("module") + "NNNt")),
       kUnsupported,
       "whole pickled module"},
      {"StorageOfNoType",
       file_with(with_id("(" + text("storage") + "N" + text("0") + text("cpu") + number(6) + "t")),
       kCorrupt,
       "no type, key or length"},
      {"StorageTypeIsAFunction",
       file_with(tensor({6}, {1}, 0, {.type = "Size"})),
       kCorrupt,
       "no type, key or length"},
      {"NegativeStorage",
       file_with(tensor({6}, {1}, 0, {.elements = -6})),
       kCorrupt,
       "no type, key or length"},
      {"TwoTypesOfAStorage",
       torch_zip(dict(text("a") + kGood + text("b") +
                      tensor({3}, {1}, 0, {.type = "DoubleStorage", .elements = 3})),
                 kNumbers)
           .bytes,
       kCorrupt,
       "two types or lengths"},
      {"StorageIsAView",
       file_with(with_id("(" + text("storage") + float_type + text("0") + text("cpu") + number(6) +
                         ")t")),
       kUnsupported,
       "is a view of another"},
      {"NoTensorStorage",
       file_with(rebuilt(text("0") + number(0) + tuple({6}) + tuple({1}))),
       kCorrupt,
       "lies in the text '0'"},
      // Tensors.
      {"TooFewArguments",
       file_with(rebuilt(persistent({}) + number(0))),
       kCorrupt,
       "from 2 values"},
      {"TooManyArguments", file_with(rebuilt("NNNNNNNN")), kCorrupt, "from 8 values"},
      {"NegativeOffset", file_with(tensor({6}, {1}, -1)), kCorrupt, "no place in its storage"},
      {"NoShape",
       file_with(rebuilt(persistent({}) + number(0) + "N" + tuple({1}))),
       kCorrupt,
       "no shape"},
      {"NegativeLength", file_with(tensor({-1}, {1})), kCorrupt, "the number -1 as a length"},
      {"NegativeStride", file_with(tensor({6}, {-1}, 5)), kCorrupt, "the number -1 as a length"},
      {"LengthIsAText",
       file_with(rebuilt(persistent({}) + number(0) + text("6") + "\x85" + tuple({1}))),
       kCorrupt,
       "the text '6' as a length"},
      {"OtherStrides", file_with(tensor({2, 3}, {1})), kCorrupt, "expected one for each of its 2"},
      {"RankNine",
       file_with(tensor({1, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1})),
       kCorrupt,
       "9 dimensions, expected at most 8"},
      {"Beyond", file_with(tensor({6}, {1}, 1)), kCorrupt, "got element 6 of 6"},
      {"StrideBeyond", file_with(tensor({2, 3}, {4, 1})), kCorrupt, "got element 6 of 6"},
      {"OffsetBeyond", file_with(tensor({1}, {1}, INT64_MAX)), kCorrupt, "beyond its storage"},
      {"CountOverflows",
       file_with(tensor({INT64_MAX, INT64_MAX}, {0, 0})),
       kCorrupt,
       "whose size cannot be"},
      {"StridesOverflow",
       file_with(tensor({5, 5}, {INT64_MAX, INT64_MAX})),
       kCorrupt,
       "reach too far"},
      {"StridesWrapToZero",
       file_with(tensor({3, 3}, {INT64_MAX, INT64_MAX}, 4)),
       kCorrupt,
       "reach too far"},
      {"Repeats", file_with(tensor({1 << 30}, {0})), kUnsupported, "repeats its numbers"},
      {"Marked",
       file_with(rebuilt(persistent({}) + number(0) + tuple({6}) + tuple({1}) + "\x89N" +
                         dict(text("neg") + "\x88"))),
       kUnsupported,
       "marked view"},
      {"ParameterOfNothing",
       file_with(python_name("torch._utils", "_rebuild_parameter") + ")R"),
       kCorrupt,
       "parameter without a tensor"},
      {"ParameterOfAParameter",
       file_with(python_name("torch._utils", "_rebuild_parameter") +
                 python_name("torch._utils", "_rebuild_parameter") + ")R\x85R"),
       kCorrupt,
       "parameter without a tensor"},
      // The older format.
      {"OtherVersion",
       std::string(kLegacyTorchMagic) + kProtocol + "K\1.",
       kUnsupported,
       "got the number 1, expected the number 1001"},
      {"NoSystem",
       std::string(kLegacyTorchMagic) + kProtocol + "M\xe9\x03." + kProtocol + "N.",
       kCorrupt,
       "how the numbers are written"},
      {"LegacyBigEndian",
       std::string(kLegacyTorchMagic) + kProtocol + "M\xe9\x03." + kProtocol + "}" +
           text("little_endian") + "\x89s.",
       kUnsupported,
       "big-endian"},
      {"NoKeys", legacy_with(kGood, kProtocol + "N."), kCorrupt, "in which order"},
      {"KeyIsANumber", legacy_with(kGood, keys("K\1")), kCorrupt, "the number 1"},
      {"UnknownKey", legacy_with(kGood, keys(text("1"))), kCorrupt, "no tensor uses: the text '1'"},
      {"KeyTwice",
       legacy_with(kGood, keys(text("0") + text("0")) + le(6, 8) + kNumbers + le(6, 8) + kNumbers),
       kCorrupt,
       "no tensor uses"},
      {"MissingKey", legacy_with(kGood, kProtocol + "]."), kCorrupt, "of storage '0' are missing"},
      {"OtherLength",
       legacy_with(kGood, keys(text("0")) + le(5, 8) + kNumbers),
       kCorrupt,
       "got 5 elements, expected 6"},
      {"CutOff",
       legacy_with(kGood, keys(text("0")) + le(6, 8) + kNumbers.substr(1)),
       kCorrupt,
       "of which 23 are left for 6 elements of 4"},
      {"HugeLegacyStorage",
       legacy_with(tensor({6}, {1}, 0, {.elements = int64_t{1} << 62}),
                   keys(text("0")) + le(int64_t{1} << 62, 8) + kNumbers),
       kCorrupt,
       "unfinished download"},
      {"LegacyTail", legacy_with(kGood, kTail + "x"), kCorrupt, "bytes after the last storage"},
      {"NeitherFormat", "something else", kCorrupt, "not a PyTorch file"},
  };
}

class WrongTorch : public testing::TestWithParam<WrongTorchFile> {};

TEST_P(WrongTorch, IsRefusedWithItsReason) {
  expect_error(
      GetParam().kind, [] { parse_torch(GetParam().file); }, "[hostile.pth] ", GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(All,
                         WrongTorch,
                         testing::ValuesIn(wrong_torch_files()),
                         [](const testing::TestParamInfo<WrongTorchFile>& test) {
                           return test.param.what;
                         });

TEST(TorchContents, ASmallPickleCannotStandForATreeWithoutEnd) {
  // Ten lists, each of which holds ten times the one before it: 10^10 paths.
  std::string lists = "]q\1";
  for (int i = 0; i < 10; ++i) {
    const std::string previous(1, static_cast<char>(1 + i));
    lists += "](" + times("h" + previous, 10) + "eq" + std::string(1, static_cast<char>(2 + i));
  }
  const std::string body = dict(text("k") + "(" + lists + "t");
  expect_error(
      kCorrupt, [&] { parse_torch(torch_zip(body, kNumbers).bytes); }, "without end");
}

TEST(TorchContents, EveryCutIsRefused) {
  for (const std::string& good : {file_with(kGood), legacy_with(kGood, kTail)}) {
    ASSERT_NO_THROW(parse_torch(good));
    for (size_t length = 0; length < good.size(); ++length)
      EXPECT_THROW(parse_torch(good.substr(0, length)), Error) << length;
  }
}

}  // namespace
}  // namespace lienzo::weights
