#include "lienzo/base/parse_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lienzo {
namespace {

std::string message(const std::string& text, ErrorKind kind = ErrorKind::kCorrupt) {
  try {
    parse_json(text, "[here] a.json", kind);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    return error.what();
  }
  return "";
}

TEST(ParseJson, KeepsTheOrderOfKeys) {
  EXPECT_EQ(parse_json(R"({"b": [1, 2], "a": null})", "x").dump(), R"({"b":[1,2],"a":null})");
}

TEST(ParseJson, NamesWhatIsNoJson) {
  EXPECT_THAT(message("{"), testing::StartsWith("[here] a.json is not valid JSON"));
  EXPECT_NE(message("", ErrorKind::kInvalidInput), "");
}

TEST(ParseJson, RefusesDepthThatWouldEndTheStack) {
  EXPECT_THAT(message(std::string(400'000, '[')), testing::HasSubstr("nested deeper"));
  const std::string objects = [] {
    std::string text;
    for (int i = 0; i < 100; ++i) text += "{\"a\":";
    return text;
  }();
  EXPECT_THAT(message(objects), testing::HasSubstr("nested deeper"));
  EXPECT_NO_THROW(parse_json(std::string(60, '[') + std::string(60, ']'), "x"));
}

TEST(ParsePythonJson, ReadsWhatIsNoNumber) {
  const Json json = parse_python_json(
      R"({"a": -Infinity, "b": [NaN, Infinity, 1], "c": "NaN \"Infinity", "Infinity": 2})", "test");
  EXPECT_TRUE(json["a"].is_null());
  EXPECT_EQ(json["b"].dump(), "[null,null,1]");
  EXPECT_EQ(json["c"], "NaN \"Infinity");
  EXPECT_EQ(json["Infinity"], 2);
  EXPECT_THROW(parse_python_json("{\"a\": -Inf}", "test"), Error);
  EXPECT_THROW(parse_python_json("\"\\", "test"), Error);
}

}  // namespace
}  // namespace lienzo
