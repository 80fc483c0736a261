#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace lienzo::hub {

/// What a download is of. Only the beginning of the same is gone on with.
struct PartOrigin {
  std::string url;
  std::string checksum;  // to_string(Checksum), "" where none is known
};

/// The bytes of an unfinished download, TARGET.part, and beside it TARGET.part.json, which says
/// what they are the beginning of. Both stay when the program ends early. Locked: a second program
/// that downloads the same file is turned away.
class PartFile {
 public:
  /// Opens or makes it, and its folder. What is there already is kept if it is the beginning of
  /// `wanted`: of the same checksum or, where none is known, of the same URL and with an ETag.
  /// Throws Error(kIo): no permission, in use.
  PartFile(std::filesystem::path target, PartOrigin wanted);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  uint64_t size() const { return size_; }
  /// The ETag of the version that the bytes are of, or "".
  const std::string& etag() const { return etag_; }

  /// Drops all bytes; those that follow are of `etag`'s version.
  void restart(const std::string& etag);
  /// Throws Error(kIo), as on a full disk; what was written before stays.
  void append(std::span<const std::byte> bytes);
  /// Makes it the target, which it replaces. Throws Error(kIo).
  void commit();
  /// Deletes it.
  void discard();

 private:
  void open_locked();
  void empty();
  bool is_of_origin();
  std::filesystem::path note_path() const;

  std::filesystem::path target_, path_;
  PartOrigin origin_;
  std::string etag_;
  uint64_t size_ = 0;
  int file_ = -1;
};

}  // namespace lienzo::hub
