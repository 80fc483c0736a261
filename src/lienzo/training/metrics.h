#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "lienzo/base/json.h"

namespace lienzo::training {

using Metrics = std::map<std::string, double>;

/// Means of named values over the steps since the last `take`. Goes into checkpoints, so that a
/// resumed run logs the same means.
class MetricAverages {
 public:
  void add(const Metrics& values);
  /// The means, and forgets them. A name that only some steps had is averaged over those.
  Metrics take();

  Json to_json() const;
  static MetricAverages from_json(const Json& json);

 private:
  struct Sum {
    double total = 0;
    int64_t count = 0;
  };
  std::map<std::string, Sum> sums_;
};

/// A CSV file with one row per logged step, first column "step". Each row is on its way to the disk
/// when `append` returns. A name not seen before becomes a further column, empty in earlier rows.
/// Numbers are written with as many digits as give the same double again.
class CsvLog {
 public:
  /// Continues the file after row `last_step` (later rows are dropped, and a half-written one); a
  /// new file if there is none. Throws kIo.
  CsvLog(std::filesystem::path path, int64_t last_step);

  bool has(int64_t step) const;
  /// Throws kIo when the disk refuses.
  void append(int64_t step, const Metrics& values);

 private:
  void rewrite() const;

  std::filesystem::path path_;
  std::vector<std::string> columns_;  // without "step"
  std::vector<std::string> rows_;     // as written
};

}  // namespace lienzo::training
