#include "lienzo/jobs/blob_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/hash.h"

namespace lienzo::jobs {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostBytes = size_t{1} << 30;

[[noreturn]] void fail(const fs::path& path, std::string_view action, int code) {
  throw Error(ErrorKind::kIo,
              fmt::format("[blobs] cannot {} {}: {}; check the permissions of the folder and the "
                          "free space of its disk, or choose another folder",
                          action,
                          path.string(),
                          std::generic_category().message(code)));
}

// Makes a folder and has its parent know it for good.
void make_folder(const fs::path& folder) {
  std::error_code problem;
  if (fs::is_directory(folder, problem)) return;
  const fs::path parent = folder.has_parent_path() ? folder.parent_path() : fs::path(".");
  if (!fs::exists(parent, problem)) make_folder(parent);
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) fail(folder, "make the folder", errno);
  if (!fs::is_directory(folder, problem)) fail(folder, "make the folder", ENOTDIR);
  const int file = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

// Keeps put() from counting on a file that sweep() is about to remove. Ends with the object.
class FolderLock {
 public:
  FolderLock(const fs::path& folder, int kind) {
    const fs::path path = folder / ".lock";
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file_ < 0) fail(path, "write", errno);
    int result = 0;
    do {
      result = ::flock(file_, kind);
    } while (result != 0 && errno == EINTR);
    // A file system without locks is used without.
  }
  ~FolderLock() { ::close(file_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_ = -1;
};

bool is_older(const fs::path& path, std::chrono::seconds age) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  return std::chrono::system_clock::from_time_t(info.st_mtime) + age <=
         std::chrono::system_clock::now();
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code problem;
  for (fs::directory_iterator it(folder, problem), end; !problem && it != end;
       it.increment(problem)) {
    paths.push_back(it->path());
  }
  return paths;
}

}  // namespace

bool is_digest(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

BlobStore::BlobStore(fs::path folder) : folder_(std::move(folder)) {
  make_folder(folder_);
  const FolderLock writable(folder_, LOCK_SH);
}

std::string BlobStore::put(std::span<const std::byte> bytes) const {
  std::string digest = sha256_hex(bytes);
  if (touch(digest)) return digest;
  const fs::path target = path(digest);
  make_folder(target.parent_path());
  try {
    AtomicFile file(target);
    file.write(bytes);
    file.commit();
  } catch (const Error& error) {
    throw Error(ErrorKind::kIo, error.what());  // a folder that just vanished is no kNotFound here
  }
  return digest;
}

std::string BlobStore::read(const std::string& digest) const {
  const fs::path file = path(digest);
  try {
    return read_text_file(file, kMostBytes);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNotFound) throw;
    throw Error(ErrorKind::kNotFound,
                fmt::format("[blobs] there is no file {}; it was removed, or never sent", digest));
  }
}

fs::path BlobStore::path(const std::string& digest) const {
  if (!is_digest(digest)) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[blobs] not the name of a file, got {} characters, expected 64 "
                            "hexadecimal digits in lower case",
                            digest.size()));
  }
  return folder_ / digest.substr(0, 2) / digest.substr(2, 2) / digest;
}

bool BlobStore::contains(const std::string& digest) const {
  std::error_code ignored;
  return fs::is_regular_file(path(digest), ignored);
}

bool BlobStore::touch(const std::string& digest) const {
  const FolderLock lock(folder_, LOCK_SH);
  return ::utimensat(AT_FDCWD, path(digest).c_str(), nullptr, 0) == 0;
}

bool BlobStore::remove(const std::string& digest) const {
  const fs::path file = path(digest);
  if (::unlink(file.c_str()) == 0) return true;
  if (errno != ENOENT) fail(file, "remove", errno);
  return false;
}

int BlobStore::sweep(std::chrono::seconds age,
                     const std::function<bool(const std::string&)>& keep) const {
  int removed = 0;
  for (const fs::path& outer : entries(folder_)) {
    for (const fs::path& inner : entries(outer)) {
      for (const fs::path& file : entries(inner)) {
        const std::string leaf = file.filename().string();
        const bool blob = is_digest(leaf);
        const bool temporary = leaf.starts_with(".lienzo-") && leaf.ends_with(".tmp");
        if (!(blob || temporary) || !is_older(file, age)) continue;
        if (blob && keep(leaf)) continue;
        const FolderLock lock(folder_, LOCK_EX);
        // Somebody may have put the same bytes since.
        if (is_older(file, age) && ::unlink(file.c_str()) == 0) ++removed;
      }
    }
  }
  return removed;
}

}  // namespace lienzo::jobs
