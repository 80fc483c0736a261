#include "lienzo/cli/transfer_rate.h"

#include <gtest/gtest.h>

namespace lienzo::cli {
namespace {

TEST(TransferRate, KnowsNothingAtFirst) {
  TransferRate rate;
  EXPECT_FALSE(rate.bytes_per_second());
  EXPECT_FALSE(rate.seconds_left(100));
  rate.add(3, 50);
  rate.add(3.4, 60);
  EXPECT_FALSE(rate.bytes_per_second());
}

TEST(TransferRate, DoesNotCountWhatWasThere) {
  TransferRate rate;
  rate.add(0, 1000);
  rate.add(2, 1500);
  EXPECT_DOUBLE_EQ(rate.bytes_per_second().value(), 250);
  EXPECT_DOUBLE_EQ(rate.seconds_left(2000).value(), 2);
}

TEST(TransferRate, LooksBackTenSeconds) {
  TransferRate rate;
  for (int second = 0; second <= 100; ++second) rate.add(second, second < 50 ? 0 : second * 10);
  EXPECT_DOUBLE_EQ(rate.bytes_per_second().value(), 10);
}

TEST(TransferRate, AStandstillHasNoTimeLeft) {
  TransferRate rate;
  rate.add(0, 10);
  rate.add(20, 10);
  EXPECT_DOUBLE_EQ(rate.bytes_per_second().value(), 0);
  EXPECT_FALSE(rate.seconds_left(20));
}

}  // namespace
}  // namespace lienzo::cli
