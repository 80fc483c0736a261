#include "lienzo/base/file_stamp.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "lienzo/base/error.h"

namespace lienzo {

FileStamp::FileStamp(std::filesystem::path path) : path_(std::move(path)) {
  const int problem = read(path_, state_);
  if (problem == 0) return;
  throw Error(problem == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo,
              fmt::format("[file] cannot look at {}: {}", path_.string(), std::strerror(problem)));
}

void FileStamp::require_unchanged() const {
  State now;
  if (read(path_, now) != 0 || now.device != state_.device || now.number != state_.number) return;
  if (now.size == state_.size && now.seconds == state_.seconds &&
      now.nanoseconds == state_.nanoseconds)
    return;
  throw Error(ErrorKind::kIo,
              fmt::format("[file] {} was written to while it was in use; load it again, and put a "
                          "new one under its name by renaming it",
                          path_.string()));
}

int FileStamp::read(const std::filesystem::path& path, State& state) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return errno;
  state = {info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
  return 0;
}

}  // namespace lienzo
