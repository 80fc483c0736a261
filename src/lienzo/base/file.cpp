#include "lienzo/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <tuple>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/base/mapping_guard.h"
#include "lienzo/base/random.h"

namespace lienzo {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, std::string_view action, int code) {
  const std::string reason = std::generic_category().message(code);
  const char* advice = "";
  switch (code) {
    case ENOENT: advice = "; check the spelling of the path"; break;
    case EACCES:
    case EPERM: advice = "; check its permissions or choose another place"; break;
    case ENOSPC:
    case EDQUOT: advice = "; free some space or choose another disk"; break;
    case EROFS: advice = "; choose a place that can be written"; break;
    default: break;
  }
  throw Error(code == ENOENT || code == ENOTDIR ? ErrorKind::kNotFound : ErrorKind::kIo,
              fmt::format("[file] cannot {} {}: {}{}", action, path.string(), reason, advice));
}

/// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

struct stat open_regular(const fs::path& path, const Descriptor& file, int open_error) {
  if (file.get() < 0) fail(path, "read", open_error);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) fail(path, "read", errno);
  if (S_ISDIR(info.st_mode)) fail(path, "read", EISDIR);
  if (!S_ISREG(info.st_mode)) {
    throw Error(ErrorKind::kIo,
                fmt::format("[file] cannot read {}: not a regular file", path.string()));
  }
  return info;
}

// O_NONBLOCK so that a pipe in the place of a file is reported instead of waited for.
int open_for_reading(const fs::path& path) {
  return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/// errno of the first write that failed, or 0.
int write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

/// The file that `path` stands for, so that writing through a link keeps the link. A link that
/// leads nowhere yet is replaced.
fs::path resolve_links(const fs::path& path) {
  std::error_code ignored;
  const fs::path real = fs::canonical(path, ignored);
  return real.empty() ? path : real;
}

/// A new file beside `target`, open for writing.
std::pair<fs::path, int> create_beside(const fs::path& target) {
  static thread_local Random names(
      mix_bits(static_cast<uint64_t>(::getpid()), reinterpret_cast<uintptr_t>(&names)));
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::string leaf = fmt::format(".lienzo-{:016x}.tmp", names.bits());
    fs::path candidate = target.parent_path() / leaf;
    const int file = ::open(candidate.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file >= 0) return {std::move(candidate), file};
    if (errno != EEXIST) fail(target, "write", errno);
  }
  fail(target, "write", EEXIST);
}

}  // namespace

MappedFile::MappedFile(fs::path path, Mapping mapping) : path_(std::move(path)) {
  const Descriptor file(open_for_reading(path_));
  size_ = static_cast<size_t>(open_regular(path_, file, errno).st_size);
  if (size_ == 0) return;  // an empty mapping is an error for mmap
  const bool writable = mapping == Mapping::kCopyOnWrite;
  // Without a reservation, a model larger than the free memory can still be looked into.
  void* data = ::mmap(nullptr,
                      size_,
                      writable ? PROT_READ | PROT_WRITE : PROT_READ,
                      writable ? MAP_PRIVATE | MAP_NORESERVE : MAP_PRIVATE,
                      file.get(),
                      0);
  if (data == MAP_FAILED) fail(path_, "map", errno);
  data_ = static_cast<const std::byte*>(data);
  guard_mapping(data_, size_);
}

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  forget_mapping(data_);
  ::munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

std::string read_text_file(const fs::path& path, size_t max_bytes) {
  const Descriptor file(open_for_reading(path));
  const auto size = static_cast<size_t>(open_regular(path, file, errno).st_size);
  if (size > max_bytes) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[file] {} is too large, got {} bytes, expected at most {}",
                            path.string(),
                            size,
                            max_bytes));
  }
  std::string text(size, '\0');
  size_t filled = 0;
  while (filled < size) {
    const ssize_t count = ::read(file.get(), text.data() + filled, size - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path, "read", errno);
    if (count == 0) break;
    filled += static_cast<size_t>(count);
  }
  text.resize(filled);
  return text;
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  std::error_code ignored;
  const fs::file_status existing = fs::status(path_, ignored);
  if (fs::is_directory(existing)) fail(path_, "write", EISDIR);
  if (fs::exists(existing) && !fs::is_regular_file(existing)) {
    // Renaming over a device would replace the device.
    file_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    if (file_ < 0) fail(path_, "write", errno);
    return;
  }
  target_ = resolve_links(path_);
  if (fs::exists(existing)) {
    // A rename would get around the write protection of the file that it replaces.
    if (::access(target_.c_str(), W_OK) != 0) fail(path_, "write", errno);
    mode_ = existing.permissions();
  }
  std::tie(temporary_, file_) = create_beside(target_);
}

AtomicFile::~AtomicFile() {
  if (file_ < 0) return;
  ::close(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  const int code = write_all(file_, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (code != 0) fail(path_, "write", code);
}

void AtomicFile::commit() {
  const bool direct = temporary_.empty();
  int code = 0;
  if (!direct && mode_ != fs::perms::unknown) ::fchmod(file_, static_cast<mode_t>(mode_));
  if (!direct && ::fsync(file_) != 0) code = errno;
  // Network file systems report a full disk only on closing.
  if (::close(std::exchange(file_, -1)) != 0 && code == 0) code = errno;
  if (code == 0 && !direct && ::rename(temporary_.c_str(), target_.c_str()) != 0) code = errno;
  if (code != 0) {
    if (!direct) ::unlink(temporary_.c_str());
    fail(path_, "write", code);
  }
  if (direct) return;
  // The rename itself becomes durable with the folder; file systems that cannot do this lose
  // nothing else.
  const fs::path folder = target_.parent_path().empty() ? fs::path(".") : target_.parent_path();
  const Descriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() >= 0) ::fsync(parent.get());
}

void write_file_atomic(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(bytes)));
  file.commit();
}

}  // namespace lienzo
