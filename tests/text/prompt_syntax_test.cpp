#include "lienzo/text/prompt_syntax.h"

#include <gtest/gtest.h>

#include "../base/expect_error.h"

namespace lienzo::text {
namespace {

constexpr PromptSyntax kPlain = PromptSyntax::kPlain;
constexpr PromptSyntax kA1111 = PromptSyntax::kAutomatic1111;
constexpr const char* kPrompt = "a [cat:dog:2] AND (b:1.2) :0.5";

TEST(PromptSyntax, HasNames) {
  EXPECT_EQ(prompt_syntax("plain"), kPlain);
  EXPECT_EQ(prompt_syntax("a1111"), kA1111);
  expect_error(
      ErrorKind::kInvalidInput,
      [] { prompt_syntax("compel"); },
      "'compel', expected plain or a1111");
}

TEST(PromptSyntax, PlainTakesEveryCharacterForText) {
  for (const PromptRole role : {PromptRole::kPositive, PromptRole::kNegative}) {
    const std::vector<PromptPart> parts = plan_prompt(kPrompt, kPlain, role, 4);
    ASSERT_EQ(parts.size(), 1u);
    EXPECT_EQ(parts[0].weight, 1);
    ASSERT_EQ(parts[0].schedule.size(), 1u);
    EXPECT_EQ(parts[0].schedule[0].end_step, 4);
    EXPECT_EQ(parts[0].schedule[0].text, kPrompt);
  }
  const std::vector<WeightedText> pieces = weigh_text("(a) BREAK\\", kPlain);
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_EQ(pieces[0].text, "(a) BREAK\\");
  EXPECT_EQ(pieces[0].weight, 1);
}

TEST(PromptSyntax, SplitsSchedulesAndWeighs) {
  const std::vector<PromptPart> parts = plan_prompt(kPrompt, kA1111, PromptRole::kPositive, 4);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].schedule.size(), 2u);
  EXPECT_EQ(parts[0].schedule[1].text, "a dog");  // the blank before AND is gone
  EXPECT_EQ(parts[1].weight, 0.5);
  EXPECT_EQ(weigh_text(parts[1].schedule[0].text, kA1111).back().weight, 1.2);
}

TEST(PromptSyntax, KeepsNegativePromptsWhole) {
  const std::vector<PromptPart> parts = plan_prompt(kPrompt, kA1111, PromptRole::kNegative, 4);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].weight, 1);
  EXPECT_EQ(parts[0].schedule[0].text, "a cat AND (b:1.2) :0.5");
}

TEST(PromptSyntax, RefusesTheSameInBoth) {
  for (const PromptSyntax syntax : {kPlain, kA1111}) {
    const auto plan = [&](const std::string& prompt, int steps) {
      plan_prompt(prompt, syntax, PromptRole::kPositive, steps);
    };
    expect_error(
        ErrorKind::kInvalidInput, [&] { plan("a", 0); }, "0 steps");
    expect_error(
        ErrorKind::kInvalidInput, [&] { plan("a\xff", 1); }, "text");
    expect_error(
        ErrorKind::kInvalidInput, [&] { plan(std::string(2'000'000, 'a'), 1); }, "bytes");
    expect_error(
        ErrorKind::kInvalidInput, [&] { weigh_text("\xff", syntax); }, "text");
  }
}

}  // namespace
}  // namespace lienzo::text
