#include "lienzo/text/lora_tags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lienzo/base/error.h"

namespace lienzo::text {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(LoraTags, WeightsAreOfTheTextEncoderFirst) {
  EXPECT_EQ(parse_lora("style"), (LoraTag{"style", 1, 1}));
  EXPECT_EQ(parse_lora("style:0.8"), (LoraTag{"style", 0.8, 0.8}));
  EXPECT_EQ(parse_lora("a b : -1.5 : .5"), (LoraTag{"a b", -1.5, 0.5}));
  EXPECT_EQ(parse_lora("style:te=0.2"), (LoraTag{"style", 0.2, 0.2}));
  EXPECT_EQ(parse_lora("style:unet=0.5"), (LoraTag{"style", 1, 0.5}));
  EXPECT_EQ(parse_lora("style:0.1:0.2:unet=0.5:te=0.3"), (LoraTag{"style", 0.3, 0.5}));
  EXPECT_EQ(parse_lora("loras/año:+1e-1"), (LoraTag{"loras/año", 0.1, 0.1}));
}

TEST(LoraTags, AreTakenOutOfPrompts) {
  const TaggedPrompt tagged =
      split_lora_tags("<lora:a:0.5>a <b> cat, <lyco:c:1:0>(<lora:b>, <x:y>");
  EXPECT_EQ(tagged.words, "a <b> cat, (, <x:y>");
  EXPECT_THAT(tagged.loras,
              ElementsAre(LoraTag{"a", 0.5, 0.5}, LoraTag{"c", 1, 0}, LoraTag{"b", 1, 1}));
  EXPECT_EQ(split_lora_tags("[<lora:a:1>x:y:3]").words, "[x:y:3]");
  for (const char* text : {"", "a cat", "a < b > c", "<lora:never closed", "<LORA:a:1>", "<<>"}) {
    EXPECT_EQ(split_lora_tags(text).words, text);
    EXPECT_THAT(split_lora_tags(text).loras, IsEmpty());
  }
  EXPECT_EQ(split_lora_tags(std::string(100'000, '<') + ">").words.size(), 100'001u);
}

TEST(LoraTags, ThatComeTwiceAddUp) {
  EXPECT_THAT(split_lora_tags("<lora:a:1><lora:b:1><lora:a:0.5:-1>").loras,
              ElementsAre(LoraTag{"a", 1.5, 0}, LoraTag{"b", 1, 1}));
}

TEST(LoraTags, AreWrittenAsTheyAreRead) {
  for (const char* text : {"<lora:a b:0.8>", "<lora:a:1>", "<lora:x/y:0.8:-0.5>", "<lora:a:0.1:0>"})
    EXPECT_EQ(to_text(split_lora_tags(text).loras.at(0)), text);
}

TEST(LoraTags, RefuseWhatIsNoWeight) {
  const auto refused = [](const std::string& text, ErrorKind kind, const std::string& message) {
    try {
      split_lora_tags(text);
      ADD_FAILURE() << text << " was taken";
    } catch (const Error& problem) {
      EXPECT_EQ(problem.kind(), kind) << text;
      EXPECT_THAT(problem.what(), HasSubstr(message)) << text;
    }
  };
  for (const char* weight : {"much", "", "1.2.3", "nan", "inf", "1e3", "-101", "0x1", "--1"}) {
    refused(std::string("<lora:a:") + weight + ">",
            ErrorKind::kInvalidInput,
            std::string("the weight '") + weight + "'");
  }
  refused("<lora:a:unet=x>", ErrorKind::kInvalidInput, "'x'");
  refused("<lora::1>", ErrorKind::kInvalidInput, "no name");
  refused("<lora: >", ErrorKind::kInvalidInput, "no name");
  refused("<lora:a:1:1:8>", ErrorKind::kUnsupported, "3 weights");
  refused("<lora:a:1:dyn=8>", ErrorKind::kUnsupported, "dyn=8");
  refused("<lora:a:lbw=0,1,0>", ErrorKind::kUnsupported, "lbw");
  refused("a <hypernet:x:1>", ErrorKind::kUnsupported, "<hypernet:x:1>");
  refused("\xff", ErrorKind::kInvalidInput, "UTF-8");
}

}  // namespace
}  // namespace lienzo::text
