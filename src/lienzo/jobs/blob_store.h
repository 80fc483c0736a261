#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace lienzo::jobs {

/// Files known by the SHA-256 of their bytes: `folder`/ab/cd/abcd... Written under a temporary
/// name, flushed and renamed, so a name stands for whole bytes or for nothing. Safe from any thread
/// and from any machine that shares the folder.
class BlobStore {
 public:
  /// Makes the folder where it is missing. Throws Error(kIo).
  explicit BlobStore(std::filesystem::path folder);

  /// Returns the digest, 64 hexadecimal digits; bytes that are there already are not written again.
  /// Throws Error(kIo), as on a full disk.
  std::string put(std::span<const std::byte> bytes) const;
  /// Throws Error(kNotFound) for a digest that is not here, Error(kInvalidInput) for what is none.
  std::string read(const std::string& digest) const;
  /// Where it is or would be. Throws Error(kInvalidInput), as all that take a digest do.
  std::filesystem::path path(const std::string& digest) const;
  bool contains(const std::string& digest) const;
  /// Makes it as young as a new one for sweep(); false when it is not here. For a file that is
  /// about to be needed.
  bool touch(const std::string& digest) const;
  /// False when it was not here. Throws Error(kIo).
  bool remove(const std::string& digest) const;
  /// Removes files untouched for `age` for which `keep` says no (uploads whose job is gone), and
  /// temporary files left by a kill. Returns how many.
  int sweep(std::chrono::seconds age, const std::function<bool(const std::string&)>& keep) const;

 private:
  std::filesystem::path folder_;
};

/// Whether a text is 64 lower-case hexadecimal digits.
bool is_digest(std::string_view text);

}  // namespace lienzo::jobs
