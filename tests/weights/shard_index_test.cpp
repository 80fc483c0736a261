#include "lienzo/weights/shard_index.h"

#include <gtest/gtest.h>

#include <ostream>

#include "../base/expect_error.h"
#include "hand_made.h"

namespace lienzo::weights {
namespace {

using hand_made::times;

ShardIndex parse_shards(const std::string& text) {
  return parse_shard_index(text, "hostile.index.json");
}

TEST(ShardIndex, ListsTensorsAndMetadata) {
  const ShardIndex index =
      parse_shards(R"({"metadata": {"total_size": 12.5, "format": "pt", "more": {"a": [1]},
      "all": true}, "later": [{"weight_map": 1}], "weight_map": {"a.w": "one.safetensors", "b": "ñ"}})");
  EXPECT_EQ(index.shard_of,
            (std::map<std::string, std::string>{{"a.w", "one.safetensors"}, {"b", "ñ"}}));
  EXPECT_EQ(index.metadata,
            (std::map<std::string, std::string>{
                {"total_size", "12.5"}, {"format", "pt"}, {"all", "true"}}));
}

struct WrongIndex {
  const char* what;
  std::string text;
  const char* message;
  friend void PrintTo(const WrongIndex& wrong, std::ostream* out) { *out << wrong.what; }
};

std::string with_shard(const std::string& json) { return R"({"weight_map":{"a":)" + json + "}}"; }

const WrongIndex kWrongIndices[] = {
    {"Empty", "", "not JSON"},
    {"NotJson", "{weight_map}", "not JSON"},
    {"Unfinished", R"({"weight_map":{"a":"b")", "not JSON"},
    {"NotUtf8", with_shard("\"\xff\""), "not JSON"},
    {"Zero", with_shard(R"("b")") + std::string(1, '\0'), "zero byte"},
    {"AList", "[]", "got a list, expected an object"},
    {"AText", "\"x\"", "got 'x', expected an object"},
    {"NoMap", R"({"metadata":{}})", "expected tensors in 'weight_map'"},
    {"EmptyMap", R"({"weight_map":{}})", "expected tensors in 'weight_map'"},
    {"SomeConfiguration", R"({"model_type":"clip"})", "expected tensors in 'weight_map'"},
    {"MapTwice", R"({"weight_map":{"a":"b"},"weight_map":{"c":"d"}})", "weight_map comes twice"},
    {"MetadataTwice", R"({"metadata":{},"metadata":{},"weight_map":{"a":"b"}})", "comes twice"},
    {"TensorTwice", R"({"weight_map":{"a":"b","a":"b"}})", "two tensors are named 'a'"},
    {"ShardIsANumber", with_shard("1"), "of tensor 'a' is wrong, got '1'"},
    {"ShardIsNull", with_shard("null"), "got 'null'"},
    {"ShardIsAList", with_shard("[]"), "got a list"},
    {"ShardIsAnObject", with_shard("{}"), "got an object"},
    {"NoName", with_shard(R"("")"), "got ''"},
    {"Here", with_shard(R"(".")"), "got '.'"},
    {"Upwards", with_shard(R"("..")"), "got '..'"},
    {"AnotherFolder", with_shard(R"("../model.safetensors")"), "plain name of a file"},
    {"Inside", with_shard(R"("sub/model.safetensors")"), "plain name"},
    {"Absolute", with_shard(R"("/etc/passwd")"), "plain name"},
    {"Backslash", with_shard(R"("a\\b")"), "plain name"},
    {"ControlByte", with_shard(R"("a\n")"), "got 'a\\x0a'"},
    {"ZeroInAName", with_shard(R"("a\u0000b")"), "got 'a\\x00b'"},
};

class WrongShardIndex : public testing::TestWithParam<WrongIndex> {};

TEST_P(WrongShardIndex, IsRefusedWithItsReason) {
  expect_error(
      ErrorKind::kCorrupt,
      [] { parse_shards(GetParam().text); },
      "[hostile.index.json] ",
      GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(All,
                         WrongShardIndex,
                         testing::ValuesIn(kWrongIndices),
                         [](const testing::TestParamInfo<WrongIndex>& test) {
                           return test.param.what;
                         });

TEST(ShardIndex, RefusesWhatIsTooLarge) {
  expect_error(
      ErrorKind::kCorrupt,
      [] { parse_shards(with_shard('"' + std::string(256, 'x') + '"')); },
      "plain name");
  expect_error(
      ErrorKind::kCorrupt,
      [] { parse_shards(R"({"x":)" + times("[", 100000)); },
      "nested too deep at 'x'");
  std::string many = R"({"weight_map":{"t":"t")";
  for (size_t i = 0; i <= kMaxShards; ++i)
    many += ",\"" + std::to_string(i) + "\":\"" + std::to_string(i) + "\"";
  expect_error(
      ErrorKind::kCorrupt, [&] { parse_shards(many + "}}"); }, "more than 4096 files");
  expect_error(
      ErrorKind::kCorrupt,
      [] { parse_shards(std::string(kMaxShardIndexBytes + 1, ' ')); },
      "an index of 67108865 bytes");
}

}  // namespace
}  // namespace lienzo::weights
