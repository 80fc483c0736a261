#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace lienzo {

/// What may be done with the bytes of a mapped file.
enum class Mapping {
  kReadOnly,
  /// They may be written, and a page written to becomes the process' own; the file never changes.
  kCopyOnWrite,
};

/// A whole file mapped into memory. The bytes stay valid as long as the object lives,
/// also when the file is replaced by rename; truncating it in place under a mapping is fatal, which
/// `write_file_atomic` never does.
class MappedFile {
 public:
  /// Throws Error: kNotFound, kIo (no permission, a folder, a device).
  explicit MappedFile(std::filesystem::path path, Mapping mapping = Mapping::kReadOnly);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

/// The whole file as it is. Throws Error: kNotFound; kIo; kInvalidInput when it is larger than
/// `max_bytes`.
std::string read_text_file(const std::filesystem::path& path, size_t max_bytes = size_t{64} << 20);

/// A file written piece by piece under a temporary name in the same folder, flushed to the disk and
/// renamed by commit(), so that a reader sees the old bytes or the new ones and never half of them.
/// Without commit() nothing is left behind. A symbolic link is followed; a device or pipe is
/// written directly.
class AtomicFile {
 public:
  /// Throws Error(kNotFound) when the folder does not exist, Error(kIo) for the rest.
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Appends. Throws Error(kIo), as on a full disk.
  void write(std::span<const std::byte> bytes);
  /// Makes what was written the file, once. Throws Error(kIo) and leaves the old file.
  void commit();

 private:
  std::filesystem::path path_;       // as the caller named it
  std::filesystem::path target_;     // with links followed
  std::filesystem::path temporary_;  // empty when a device is written directly
  std::filesystem::perms mode_ = std::filesystem::perms::unknown;  // of the file replaced
  int file_ = -1;
};

/// AtomicFile in one call: writes `bytes` and commits. Throws Error as it does.
void write_file_atomic(const std::filesystem::path& path, std::string_view bytes);

}  // namespace lienzo
