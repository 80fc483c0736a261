#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace lienzo::weights {

static_assert(std::endian::native == std::endian::little, "weight files are little-endian");

/// Reads the values of a weight file one after the other, never past its end. All failures are
/// Error(kCorrupt) that begin with `where`.
class ByteReader {
 public:
  /// Needs position <= bytes.size().
  ByteReader(std::span<const std::byte> bytes, std::string_view where, size_t position = 0)
      : bytes_(bytes), where_(where), position_(position) {}

  /// A little-endian number of type T, at any alignment.
  template <class T>
  T read() {
    T value;
    std::memcpy(&value, text(sizeof(T)).data(), sizeof(T));
    return value;
  }

  /// The next `length` bytes, which are those of the file itself.
  std::string_view text(uint64_t length) {
    if (length > remaining()) fail_cut_off(length);
    const char* begin = reinterpret_cast<const char*>(bytes_.data()) + position_;
    position_ += length;
    return {begin, static_cast<size_t>(length)};
  }

  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }
  std::string_view where() const { return where_; }

  [[noreturn]] void fail(const std::string& what) const;

 private:
  [[noreturn]] void fail_cut_off(uint64_t length) const;

  std::span<const std::byte> bytes_;
  std::string_view where_;
  size_t position_;
};

/// The bytes as characters.
inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace lienzo::weights
