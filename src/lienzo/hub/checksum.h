#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace lienzo::hub {

enum class ChecksumKind {
  kNone,     // nobody said
  kSha256,   // of the bytes; what the hub gives for large files (Git LFS)
  kGitBlob,  // SHA-1 of "blob <size>\0" and the bytes; what git, and so the hub, gives for the rest
};

/// What a file's bytes must come to.
struct Checksum {
  ChecksumKind kind = ChecksumKind::kNone;
  std::string hex;  // lower case: 64 digits for SHA-256, 40 for git; empty for none

  bool operator==(const Checksum&) const = default;
};

/// "sha256:ba78...", "git:5d30...", or "" for none.
std::string to_string(const Checksum& checksum);

/// Whether `text` is `digits` hexadecimal digits in lower case.
bool is_hex(std::string_view text, size_t digits);

/// Computes a checksum piece by piece.
class ChecksumBuilder {
 public:
  /// `size` is that of the whole file, which the git kind begins with.
  ChecksumBuilder(ChecksumKind kind, uint64_t size);
  ~ChecksumBuilder();
  ChecksumBuilder(ChecksumBuilder&&) noexcept;
  ChecksumBuilder& operator=(ChecksumBuilder&&) noexcept;

  void add(std::span<const std::byte> bytes);
  /// Call once, at the end.
  Checksum finish();

 private:
  struct Digest;
  ChecksumKind kind_;
  std::unique_ptr<Digest> digest_;  // null for none
};

}  // namespace lienzo::hub
