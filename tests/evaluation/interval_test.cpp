#include "lienzo/evaluation/interval.h"

#include <gtest/gtest.h>

namespace lienzo::evaluation {
namespace {

TEST(Interval, AgreesWithPublishedValues) {
  // Newcombe 1998 (Statistics in Medicine 17:857-872), table I, method 3.
  const Interval many = wilson_interval({81, 263});
  EXPECT_NEAR(many.low, 0.2553, 5e-5);
  EXPECT_NEAR(many.high, 0.3662, 5e-5);
  const Interval few = wilson_interval({15, 148});
  EXPECT_NEAR(few.low, 0.0624, 5e-5);
  EXPECT_NEAR(few.high, 0.1605, 5e-5);
  const Interval none = wilson_interval({0, 20});
  EXPECT_NEAR(none.low, 0.0, 1e-12);
  EXPECT_NEAR(none.high, 0.1611, 5e-5);
  const Interval one = wilson_interval({1, 29});
  EXPECT_NEAR(one.low, 0.0061, 5e-5);
  EXPECT_NEAR(one.high, 0.1718, 5e-5);
}

TEST(Interval, IsSymmetricAndStaysWithinBounds) {
  const Interval all = wilson_interval({20, 20});
  EXPECT_NEAR(all.low, 1 - 0.1611, 5e-5);
  EXPECT_DOUBLE_EQ(all.high, 1.0);
  const Interval empty = wilson_interval({});
  EXPECT_EQ(empty.low, 0.0);
  EXPECT_EQ(empty.high, 1.0);
}

TEST(Tally, CountsAndShares) {
  Tally tally;
  EXPECT_EQ(tally.share(), 1.0);
  tally.add(true);
  tally.add(false);
  EXPECT_EQ(tally.right, 1);
  EXPECT_EQ(tally.total, 2);
  EXPECT_DOUBLE_EQ(tally.share(), 0.5);
}

}  // namespace
}  // namespace lienzo::evaluation
