#include "lienzo/hub/part_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/parse_json.h"

namespace lienzo::hub {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, std::string_view action, int code) {
  const char* advice = "";
  switch (code) {
    case ENOSPC:
    case EDQUOT: advice = "; free some space and run the same command to go on"; break;
    case EFBIG: advice = "; this disk takes no files of that size, choose another"; break;
    case EACCES:
    case EPERM:
    case EROFS: advice = "; choose a folder that can be written"; break;
    default: break;
  }
  throw Error(ErrorKind::kIo,
              fmt::format("[hub] cannot {} {}: {}{}",
                          action,
                          path.string(),
                          std::generic_category().message(code),
                          advice));
}

fs::path with_suffix(fs::path path, const char* suffix) {
  path += suffix;
  return path;
}

bool same_file(int file, const fs::path& path) {
  struct stat open_file {
  }, named_file{};
  return ::fstat(file, &open_file) == 0 && ::stat(path.c_str(), &named_file) == 0 &&
         open_file.st_dev == named_file.st_dev && open_file.st_ino == named_file.st_ino;
}

}  // namespace

PartFile::PartFile(fs::path target, PartOrigin wanted)
    : target_(std::move(target)), path_(with_suffix(target_, ".part")), origin_(std::move(wanted)) {
  std::error_code problem;
  const fs::path folder = target_.parent_path();
  if (!folder.empty()) fs::create_directories(folder, problem);
  if (problem) fail(folder, "make the folder", problem.value());
  if (fs::is_directory(target_, problem)) fail(target_, "replace", EISDIR);
  open_locked();
  const off_t end = ::lseek(file_, 0, SEEK_END);
  if (end < 0) fail(path_, "read", errno);
  size_ = static_cast<uint64_t>(end);
  if (size_ > 0 && !is_of_origin()) empty();
}

PartFile::~PartFile() {
  if (file_ < 0) return;
  // An empty one is of no use to a later run.
  if (size_ == 0) discard();
  if (file_ >= 0) ::close(file_);
}

fs::path PartFile::note_path() const { return with_suffix(path_, ".json"); }

void PartFile::open_locked() {
  while (true) {
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file_ < 0) fail(path_, "write", errno);
    // A file system without locks is used without.
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      ::close(std::exchange(file_, -1));
      throw Error(ErrorKind::kIo,
                  fmt::format("[hub] {} is being downloaded by another program; wait for it",
                              target_.string()));
    }
    // Another program may have finished it between our opening and locking.
    if (same_file(file_, path_)) return;
    ::close(std::exchange(file_, -1));
  }
}

bool PartFile::is_of_origin() {
  try {
    const Json note = parse_json(read_text_file(note_path(), 1 << 16), note_path().string());
    etag_ = note.at("etag").get<std::string>();
    if (!origin_.checksum.empty()) return note.at("checksum") == origin_.checksum;
    return !etag_.empty() && note.at("url") == origin_.url;
  } catch (const std::exception&) {
    return false;  // absent or damaged: begin anew
  }
}

void PartFile::empty() {
  if (::ftruncate(file_, 0) != 0 || ::lseek(file_, 0, SEEK_SET) < 0) fail(path_, "write", errno);
  size_ = 0;
  etag_.clear();
}

void PartFile::restart(const std::string& etag) {
  empty();
  etag_ = etag;
  const Json note = {{"url", origin_.url}, {"checksum", origin_.checksum}, {"etag", etag_}};
  write_file_atomic(note_path(), note.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void PartFile::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path_, "write", errno);
    size_ += static_cast<uint64_t>(written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void PartFile::commit() {
  if (::fsync(file_) != 0) fail(path_, "write", errno);
  if (::rename(path_.c_str(), target_.c_str()) != 0) fail(target_, "write", errno);
  ::unlink(note_path().c_str());
  // Network file systems report a full disk only on closing.
  if (::close(std::exchange(file_, -1)) != 0) fail(target_, "write", errno);
}

void PartFile::discard() {
  if (file_ < 0) return;
  ::unlink(path_.c_str());
  ::unlink(note_path().c_str());
  ::close(std::exchange(file_, -1));
}

}  // namespace lienzo::hub
