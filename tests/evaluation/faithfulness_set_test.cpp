#include "lienzo/evaluation/faithfulness_set.h"

#include <gtest/gtest.h>

#include "lienzo/base/error.h"
#include "lienzo/datasets/world/layout.h"

namespace lienzo::evaluation {
namespace {

using namespace datasets::world;  // NOLINT: the whole test speaks of the world

class EverySet : public testing::TestWithParam<FaithfulnessSet> {};

TEST_P(EverySet, NamesWhatItIsAboutAndRepeats) {
  for (uint64_t i = 0; i < 20; ++i) {
    const FaithfulnessCase item = make_case(GetParam(), Language::kSpanish, 1, i);
    EXPECT_FALSE(item.prompt.empty());
    ASSERT_EQ(item.spec.objects.size(), item.truth.objects.size());
    for (const RelationSpec& relation : item.spec.relations)
      EXPECT_TRUE(holds(item.truth, relation));
    EXPECT_EQ(make_case(GetParam(), Language::kSpanish, 1, i).prompt, item.prompt);
    EXPECT_EQ(make_case(GetParam(), Language::kEnglish, 1, i).truth,
              item.truth);  // both languages ask for the same
    const ObjectSpec& first = item.spec.objects[0];
    switch (GetParam()) {
      case FaithfulnessSet::kHeldOut: {
        const RelationSpec relation = item.spec.relations.at(0);
        const ObjectSpec& subject = item.spec.objects.at(static_cast<size_t>(relation.subject));
        EXPECT_TRUE(is_held_out(*subject.colour, *subject.shape, relation.relation));
        break;
      }
      case FaithfulnessSet::kSeen: EXPECT_FALSE(has_held_out(item.truth)); break;
      case FaithfulnessSet::kCounts: EXPECT_EQ(item.spec.objects.size(), 1 + i % 5); break;
      case FaithfulnessSet::kGlass: EXPECT_EQ(first.material, Material::kGlass); break;
      case FaithfulnessSet::kSigns: EXPECT_TRUE(is_held_out(first.word.value())); break;
      case FaithfulnessSet::kBackgrounds: EXPECT_TRUE(item.spec.background.has_value()); break;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(FaithfulnessSets,
                         EverySet,
                         testing::Values(FaithfulnessSet::kHeldOut,
                                         FaithfulnessSet::kSeen,
                                         FaithfulnessSet::kCounts,
                                         FaithfulnessSet::kGlass,
                                         FaithfulnessSet::kSigns,
                                         FaithfulnessSet::kBackgrounds));

TEST(FaithfulnessSets, HaveNames) {
  for (const std::string& text : faithfulness_set_names())
    EXPECT_EQ(name(faithfulness_set(text)), text);
  try {
    faithfulness_set("heldout");
    FAIL() << "an unknown set was accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("held-out, seen, counts"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace lienzo::evaluation
