#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "lienzo/image/image.h"
#include "lienzo/training/metrics.h"
#include "lienzo/training/recipe.h"
#include "lienzo/training/tensorboard.h"

namespace lienzo::training {

/// The output folder of a training, held against a second process for as long as this lives.
class RunFolder {
 public:
  /// Makes and locks the folder. kInvalidInput when another process trains into it, kIo when it
  /// cannot be written.
  explicit RunFolder(std::filesystem::path root);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  std::filesystem::path checkpoints() const { return root_ / "checkpoints"; }
  std::filesystem::path model() const { return root_ / "model"; }

  /// Opens the logs to go on after `step` and copies the recipe.
  void begin(const Recipe& recipe, int64_t step);
  /// One line of metrics.csv, timing.csv and the event file.
  void log(int64_t step, const Metrics& metrics, const Metrics& timing);
  /// Whether a step is logged, by this process or one before; asked after `begin`.
  bool has_validation(int64_t step) const { return validation_->has(step); }
  bool has_samples(int64_t step) const { return std::filesystem::exists(samples(step)); }
  void log_validation(int64_t step, const Metrics& values);
  void log_samples(int64_t step, const image::Image& sheet);

 private:
  std::filesystem::path samples(int64_t step) const;

  std::filesystem::path root_;
  int lock_ = -1;
  std::optional<CsvLog> metrics_, timing_, validation_;
  std::optional<EventWriter> events_;
};

}  // namespace lienzo::training
