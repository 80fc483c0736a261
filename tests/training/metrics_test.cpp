#include "lienzo/training/metrics.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "lienzo/base/file.h"
#include "toy_task.h"

namespace lienzo::training {
namespace {

TEST(MetricAverages, AveragesAndForgets) {
  MetricAverages averages;
  averages.add({{"a", 1}, {"b", 5}});
  averages.add({{"a", 2}});
  MetricAverages copy = MetricAverages::from_json(Json::parse(averages.to_json().dump()));
  EXPECT_EQ(copy.take(), (Metrics{{"a", 1.5}, {"b", 5}}));
  EXPECT_TRUE(copy.take().empty());
}

TEST(MetricAverages, SurvivesInfinity) {
  MetricAverages averages;
  averages.add({{"a", std::numeric_limits<double>::infinity()}, {"b", 0.1}});
  const Metrics means = MetricAverages::from_json(Json::parse(averages.to_json().dump())).take();
  EXPECT_EQ(means.at("a"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(means.at("b"), 0.1);
}

TEST(CsvLog, AddsRowsAndColumns) {
  TemporaryFolder folder;
  CsvLog csv(folder / "m.csv", 0);
  csv.append(10, {{"loss", 0.1}});
  csv.append(20, {{"loss", 0.05}, {"accuracy", 1}});
  csv.append(30, {{"accuracy", 0.5}});
  EXPECT_EQ(read_text_file(folder / "m.csv"), "step,loss,accuracy\n10,0.1,\n20,0.05,1\n30,,0.5\n");
}

TEST(CsvLog, GoesOnAfterTheCheckpoint) {
  TemporaryFolder folder;
  write_file_atomic(folder / "m.csv", "step,loss\n10,1\n20,2\n30,3\n4");
  CsvLog csv(folder / "m.csv", 20);
  EXPECT_EQ(read_text_file(folder / "m.csv"), "step,loss\n10,1\n20,2\n");
  csv.append(30, {{"loss", 4}});
  csv.append(30, {{"loss", 5}});  // a step logged again replaces its row
  EXPECT_EQ(read_text_file(folder / "m.csv"), "step,loss\n10,1\n20,2\n30,5\n");
  CsvLog fresh(folder / "m.csv", 0);
  EXPECT_EQ(read_text_file(folder / "m.csv"), "step\n");
}

}  // namespace
}  // namespace lienzo::training
