#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Weight files written by hand, byte for byte, so that each part can be made wrong.
namespace lienzo::weights::hand_made {

/// `value` as `width` bytes, little-endian.
inline std::string le(uint64_t value, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) bytes += static_cast<char>(i < 8 ? value >> (8 * i) & 0xff : 0);
  return bytes;
}

inline std::string times(std::string_view text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

/// A zip archive of stored files, and where its records begin.
struct Zip {
  std::string bytes;
  std::vector<size_t> local;    // one per file
  std::vector<size_t> central;  // one per file
  size_t end = 0;               // of the directory

  /// A copy with other bytes at `position`.
  std::string with(size_t position, const std::string& other) const {
    std::string changed = bytes;
    return changed.replace(position, other.size(), other);
  }
};

using ZipFiles = std::vector<std::pair<std::string, std::string>>;

inline Zip zip_of(const ZipFiles& files, bool zip64 = false) {
  Zip zip;
  const std::string none = le(0xffffffff, 4);
  for (const auto& [name, data] : files) {
    zip.local.push_back(zip.bytes.size());
    zip.bytes += "PK\3\4" + le(0, 14) + le(data.size(), 4) + le(data.size(), 4) +
                 le(name.size(), 2) + le(0, 2) + name + data;
  }
  const size_t directory = zip.bytes.size();
  for (size_t i = 0; i < files.size(); ++i) {
    const auto& [name, data] = files[i];
    const std::string size = zip64 ? none : le(data.size(), 4);
    const std::string extra = zip64 ? le(0x7777, 2) + le(1, 2) + "x" + le(1, 2) + le(24, 2) +
                                          le(data.size(), 8) + le(data.size(), 8) +
                                          le(zip.local[i], 8)
                                    : "";
    zip.central.push_back(zip.bytes.size());
    zip.bytes += "PK\1\2" + le(0, 16) + size + size + le(name.size(), 2) + le(extra.size(), 2) +
                 le(0, 10) + (zip64 ? none : le(zip.local[i], 4)) + name + extra;
  }
  zip.end = zip.bytes.size();
  const size_t bytes = zip.end - directory;
  if (zip64) {
    zip.bytes += "PK\6\6" + le(44, 8) + le(0, 12) + le(files.size(), 8) + le(files.size(), 8) +
                 le(bytes, 8) + le(directory, 8);
    zip.bytes += "PK\6\7" + le(0, 4) + le(zip.end, 8) + le(1, 4);
  }
  const std::string count = zip64 ? le(0xffff, 2) : le(files.size(), 2);
  zip.bytes += "PK\5\6" + le(0, 4) + count + count + (zip64 ? none : le(bytes, 4)) +
               (zip64 ? none : le(directory, 4)) + le(0, 2);
  return zip;
}

// Pieces of pickles.

inline const std::string kProtocol = "\x80\x02";

inline std::string text(std::string_view value) {
  return std::string("X") + le(value.size(), 4) + std::string(value);
}

inline std::string number(int64_t value) {
  return std::string("\x8a\x08") + le(static_cast<uint64_t>(value), 8);
}

inline std::string python_name(const std::string& module, const std::string& name) {
  return std::string("c") + module + "\n" + name + "\n";
}

inline std::string tuple(const std::vector<int64_t>& numbers) {
  std::string items = "(";
  for (const int64_t value : numbers) items += number(value);
  return items + "t";
}

/// A dictionary; `items` is one key and value after the other.
inline std::string dict(const std::string& items) { return std::string("}(") + items + "u"; }

struct Storage {
  std::string type = "FloatStorage";
  std::string key = "0";
  int64_t elements = 6;
};

inline std::string persistent(const Storage& storage) {
  return std::string("(") + text("storage") + python_name("torch", storage.type) +
         text(storage.key) + text("cpu") + number(storage.elements) + "tQ";
}

/// What stands for a tensor in a pickle.
inline std::string tensor(const std::vector<int64_t>& shape,
                          const std::vector<int64_t>& strides,
                          int64_t offset = 0,
                          const Storage& storage = {}) {
  return python_name("torch._utils", "_rebuild_tensor_v2") + "(" + persistent(storage) +
         number(offset) + tuple(shape) + tuple(strides) + "\x89" +
         python_name("collections", "OrderedDict") + ")RtR";
}

/// The archive of torch.save around a pickle without its frame, and one storage "0".
inline Zip torch_zip(const std::string& pickle, const std::string& numbers) {
  return zip_of({{"archive/data.pkl", kProtocol + pickle + "."},
                 {"archive/byteorder", "little"},
                 {"archive/data/0", numbers},
                 {"archive/version", "3\n"}});
}

/// The format before PyTorch 1.6 around the same.
inline std::string torch_legacy(const std::string& pickle, const std::string& tail) {
  std::string magic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);
  return magic + kProtocol + "M\xe9\x03." + kProtocol + "}" + text("little_endian") + "\x88s." +
         kProtocol + pickle + "." + tail;
}

}  // namespace lienzo::weights::hand_made
