#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace lienzo::weights {

/// Where one file of a zip archive lies: its bytes, as they are, from `offset` on.
struct ZipEntry {
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

/// The files of a zip archive by name.
using ZipIndex = std::map<std::string, ZipEntry, std::less<>>;

/// Reads the directory of a zip archive, given as all its bytes, whose files are stored without
/// compression: what torch.save writes, so that tensors can be used where they lie. Libraries for
/// zip archives copy what they read, hence our own reader of this small part of the format.
///
/// Every entry lies within the file and none overlaps another; each local header agrees with the
/// directory, which alone is believed. Zip64 is read, checksums are not verified (that would read
/// every byte of a model before its first use).
///
/// Throws kCorrupt, naming `where`, for what breaks the format, a repeated name, a name that is
/// absolute or leads upwards, or a directory that is missing, as in an unfinished download;
/// kUnsupported for compressed, encrypted or divided archives. Source: PKWARE APPNOTE 6.3.10,
/// sections 4.3 to 4.5.
ZipIndex parse_zip_index(std::span<const std::byte> file, std::string_view where);

}  // namespace lienzo::weights
