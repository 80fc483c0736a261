#include "lienzo/training/run_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/image/io.h"

namespace lienzo::training {

RunFolder::RunFolder(std::filesystem::path root) : root_(std::move(root)) {
  std::error_code failed;
  std::filesystem::create_directories(root_, failed);
  if (failed) {
    throw Error(
        ErrorKind::kIo,
        fmt::format(
            "[train] cannot make the output folder {}: {}", root_.string(), failed.message()));
  }
  const std::filesystem::path path = root_ / ".lock";
  lock_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock_ < 0) {
    throw Error(ErrorKind::kIo,
                fmt::format("[train] cannot write {}: {}", path.string(), std::strerror(errno)));
  }
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    close(lock_);
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format(
            "[train] another process is training into {}; wait for it or choose another folder",
            root_.string()));
  }
}

RunFolder::~RunFolder() { close(lock_); }

void RunFolder::begin(const Recipe& recipe, int64_t step) {
  metrics_.emplace(root_ / "metrics.csv", step);
  timing_.emplace(root_ / "timing.csv", step);
  validation_.emplace(root_ / "validation.csv", step);
  const bool again = std::filesystem::exists(root_ / "events");
  events_.emplace(root_ / "events", again ? step + 1 : 0);
  if (!recipe.text.empty()) write_file_atomic(root_ / "recipe.toml", recipe.text);
}

void RunFolder::log(int64_t step, const Metrics& metrics, const Metrics& timing) {
  metrics_->append(step, metrics);
  timing_->append(step, timing);
  for (const auto& [name, value] : metrics) events_->scalar(step, "train/" + name, value);
  for (const auto& [name, value] : timing) events_->scalar(step, "time/" + name, value);
  events_->flush();
}

void RunFolder::log_validation(int64_t step, const Metrics& values) {
  validation_->append(step, values);
  for (const auto& [name, value] : values) events_->scalar(step, "validation/" + name, value);
  events_->flush();
}

std::filesystem::path RunFolder::samples(int64_t step) const {
  return root_ / "samples" / fmt::format("step-{:08}.png", step);
}

void RunFolder::log_samples(int64_t step, const image::Image& sheet) {
  const auto bytes = image::encode_image(sheet, "png");
  const std::string_view png(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::filesystem::create_directories(samples(step).parent_path());
  write_file_atomic(samples(step), png);
  events_->image(step, "samples", sheet.width, sheet.height, png);
  events_->flush();
}

}  // namespace lienzo::training
