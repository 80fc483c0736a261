#include "lienzo/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lienzo/base/version.h"

namespace lienzo {
namespace {

TEST(Log, IsSilentUntilASinkIsSetAndAfterItIsTakenAway) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  std::vector<std::string> lines;
  log(LogLevel::kError, "nobody listens");
  set_log_sink([&](LogLevel level, std::string_view message) {
    lines.push_back(std::to_string(static_cast<int>(level)) + " " + std::string(message));
  });
  log(LogLevel::kWarning, "heard");
  set_log_sink({});
  log(LogLevel::kError, "nobody listens");
  EXPECT_THAT(lines, testing::ElementsAre("2 heard"));
  EXPECT_EQ(testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr(), "");
}

TEST(Log, ASinkMayLog) {
  int calls = 0;
  set_log_sink([&](LogLevel, std::string_view) {
    if (++calls == 1) log(LogLevel::kInfo, "again");
  });
  log(LogLevel::kInfo, "once");
  set_log_sink({});
  EXPECT_EQ(calls, 2);
}

TEST(Version, HasThreeNumbers) {
  EXPECT_THAT(std::string(version()), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

}  // namespace
}  // namespace lienzo
