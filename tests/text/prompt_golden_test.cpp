// Prompts as AUTOMATIC1111's own parser reads them; tools/golden/prompt_syntax.py asked it.

#include <gtest/gtest.h>

#include "../base/expect_error.h"
#include "lienzo/text/prompt_attention.h"
#include "lienzo/text/prompt_composition.h"
#include "lienzo/text/prompt_schedule.h"
#include "text_golden.h"

namespace lienzo::text {
namespace {

const Json& file() {
  static const Json golden = golden::read("prompt_syntax.json");
  return golden;
}

TEST(PromptGolden, AttentionIsThatOfTheReference) {
  int refused = 0;
  for (const Json& row : file().at("rows")) {
    const auto prompt = row.at("prompt").get<std::string>();
    const Json& expected = row.at("attention");
    if (expected.is_null()) {  // it crashes on a weight that is no number
      expect_error(
          ErrorKind::kInvalidInput, [&] { parse_attention(prompt); }, "is not a number");
      ++refused;
      continue;
    }
    Json ours = Json::array();
    for (const WeightedText& piece : parse_attention(prompt))
      ours.push_back(Json::array({piece.text, piece.weight}));
    EXPECT_EQ(ours, expected) << row.at("prompt");  // to the last bit
  }
  EXPECT_GT(file().at("rows").size(), 400u);
  EXPECT_GE(refused, 1);
}

TEST(PromptGolden, CompositionIsThatOfTheReference) {
  for (const Json& row : file().at("rows")) {
    Json ours = Json::array();
    for (const SubPrompt& part : split_composition(row.at("prompt").get<std::string>()))
      ours.push_back(Json::array({part.text, part.weight}));
    EXPECT_EQ(ours, row.at("composition")) << row.at("prompt");
  }
}

TEST(PromptGolden, SchedulesAreThoseOfTheReference) {
  int scheduled = 0;
  for (const Json& row : file().at("rows")) {
    const auto prompt = row.at("prompt").get<std::string>();
    for (size_t i = 0; i < file().at("passes").size(); ++i) {
      const Json& pass = file().at("passes")[i];
      const auto steps = pass[0].get<int>();
      Json ours = Json::array();
      for (const ScheduledText& entry : prompt_schedule(prompt, steps, pass[1].get<int>()))
        ours.push_back(Json::array({entry.end_step, entry.text}));
      const Json literal = Json::array({Json::array({steps, prompt})});
      const Json& all = row.at("schedules");
      EXPECT_EQ(ours, all.is_null() ? literal : all[i]) << row.at("prompt") << " in " << pass;
    }
    scheduled += !row.at("schedules").is_null();
  }
  EXPECT_GT(scheduled, 100);
}

}  // namespace
}  // namespace lienzo::text
