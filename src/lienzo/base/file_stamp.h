#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

namespace lienzo {

/// Which file lies under a path and in what state, for those who keep one mapped: whether somebody
/// has written into it since.
class FileStamp {
 public:
  /// Throws Error(kNotFound, kIo).
  explicit FileStamp(std::filesystem::path path);
  /// Throws kIo, saying so, when the same file has other contents now by its size or its time of
  /// change. One that was replaced or removed is still as it was to those who have it mapped.
  void require_unchanged() const;

 private:
  struct State {
    dev_t device = 0;
    ino_t number = 0;
    off_t size = 0;
    int64_t seconds = 0, nanoseconds = 0;  // of the last change of its contents
  };
  static int read(const std::filesystem::path& path, State& state);  // an errno, or 0

  std::filesystem::path path_;
  State state_;
};

}  // namespace lienzo
