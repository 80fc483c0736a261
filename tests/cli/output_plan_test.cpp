#include "lienzo/cli/output_plan.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "lienzo/base/error.h"

namespace lienzo::cli {
namespace {

namespace fs = std::filesystem;

class OutputPlanTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "lienzo-plan-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_;
};

TEST_F(OutputPlanTest, NeverTakesANameThatExists) {
  const OutputPlan plan(folder_, "", 1);
  EXPECT_EQ(plan.picture(0, 42), folder_ / "lienzo-42.png");
  std::ofstream(folder_ / "lienzo-42.png");
  EXPECT_EQ(plan.picture(0, 42), folder_ / "lienzo-42-2.png");
  std::ofstream(folder_ / "lienzo-42-2.png");
  EXPECT_EQ(plan.picture(0, 42), folder_ / "lienzo-42-3.png");
  EXPECT_EQ(plan.companion(folder_ / "lienzo-42.png", "-scene"), folder_ / "lienzo-42-scene.png");
}

TEST_F(OutputPlanTest, NumbersAFileNameForSeveralPictures) {
  EXPECT_EQ(OutputPlan(folder_ / "cube.jpg", "", 1).picture(0, 7), folder_ / "cube.jpg");
  const OutputPlan plan(folder_ / "cube.jpg", "jpg", 2);
  EXPECT_EQ(plan.picture(0, 7), folder_ / "cube-1.jpg");
  EXPECT_EQ(plan.picture(1, 8), folder_ / "cube-2.jpg");
  EXPECT_EQ(plan.sheet(7), folder_ / "cube.jpg");
}

TEST_F(OutputPlanTest, MakesFolders) {
  const OutputPlan plan(folder_ / "new", "webp", 1);
  EXPECT_TRUE(fs::is_directory(folder_ / "new"));
  EXPECT_EQ(plan.picture(0, 1), folder_ / "new" / "lienzo-1.webp");
  EXPECT_EQ(plan.sheet(1), folder_ / "new" / "lienzo-1-grid.webp");
}

TEST_F(OutputPlanTest, RefusesWhatCannotBeWritten) {
  const auto kind_of = [&](const fs::path& output, const std::string& format) {
    try {
      OutputPlan(output, format, 1);
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::kInternal;
  };
  EXPECT_EQ(kind_of(folder_ / "a.gif", ""), ErrorKind::kInvalidInput);
  EXPECT_EQ(kind_of(folder_ / "a.png", "jpg"), ErrorKind::kInvalidInput);
  EXPECT_EQ(kind_of(folder_ / "nowhere" / "a.png", ""), ErrorKind::kNotFound);
}

}  // namespace
}  // namespace lienzo::cli
