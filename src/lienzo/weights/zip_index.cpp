#include "lienzo/weights/zip_index.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/weights/byte_reader.h"
#include "lienzo/weights/tensor_index.h"

namespace lienzo::weights {

namespace {

constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint32_t kEntrySignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kZip64EndSignature = 0x06064b50;
constexpr uint32_t kZip64LocatorSignature = 0x07064b50;

constexpr size_t kEndBytes = 22;  // without its comment
constexpr size_t kLocatorBytes = 20;
constexpr size_t kEntryBytes = 46;  // without its name
constexpr size_t kLongestComment = 0xffff;
constexpr uint16_t kZip64Extra = 0x0001;
constexpr uint32_t kInZip64 = 0xffffffff;  // "the number stands in the zip64 record"

constexpr uint16_t kStored = 0;
constexpr uint16_t kEncryptedFlags = 1 << 0 | 1 << 6 | 1 << 13;

/// A tensor per file, and a few files beside them.
constexpr uint64_t kMaxEntries = kMaxTensors + 64;

/// Where the list of entries lies.
struct Directory {
  uint64_t offset = 0;
  uint64_t bytes = 0;
  uint64_t entries = 0;
};

/// One entry as the directory tells it.
struct DirectoryEntry {
  std::string_view name;
  uint64_t local_header = 0;
  uint64_t bytes = 0;
};

class ZipReader {
 public:
  ZipReader(std::span<const std::byte> file, std::string_view where) : file_(file), where_(where) {}

  ZipIndex read() const {
    const Directory directory = find_directory();
    ZipIndex index;
    std::vector<std::pair<uint64_t, uint64_t>> ranges;  // of local header and data
    ByteReader reader = at(directory.offset, directory.offset + directory.bytes);
    for (uint64_t i = 0; i < directory.entries; ++i) {
      const DirectoryEntry entry = read_entry(reader);
      const ZipEntry place = locate(entry, directory.offset);
      ranges.emplace_back(entry.local_header, place.offset + place.bytes);
      if (!index.emplace(entry.name, place).second)
        fail("two files of the archive are named " + quote_name(entry.name));
    }
    if (reader.remaining() != 0) fail("the archive's directory is longer than its entries");
    std::sort(ranges.begin(), ranges.end());
    for (size_t i = 1; i < ranges.size(); ++i) {
      if (ranges[i].first < ranges[i - 1].second)
        fail("files of the archive overlap at byte " + std::to_string(ranges[i].first));
    }
    return index;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kCorrupt, "[" + std::string(where_) + "] " + what);
  }
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::kUnsupported,
                "[" + std::string(where_) + "] " + what +
                    "; expected an archive that torch.save wrote, without compression");
  }

  /// A reader from `begin` on that sees nothing from `end` on. Needs begin <= end <= file size.
  ByteReader at(uint64_t begin, uint64_t end) const {
    return ByteReader(file_.first(end), where_, begin);
  }

  /// The end record is the last thing in the file but for a comment, whose length it tells.
  size_t find_end_record() const {
    const size_t size = file_.size();
    for (size_t comment = 0; comment <= kLongestComment && kEndBytes + comment <= size; ++comment) {
      const size_t begin = size - kEndBytes - comment;
      if (at(begin, size).read<uint32_t>() != kEndSignature) continue;
      if (at(begin + kEndBytes - 2, size).read<uint16_t>() == comment) return begin;
    }
    fail("a zip archive without the directory at its end, got " + std::to_string(size) +
         " bytes; the file may be an unfinished download");
  }

  Directory find_directory() const {
    const size_t end_record = find_end_record();
    ByteReader reader = at(end_record + 4, file_.size());
    const auto disk = reader.read<uint16_t>();
    const auto directory_disk = reader.read<uint16_t>();
    const auto entries_here = reader.read<uint16_t>();
    const auto entries = reader.read<uint16_t>();
    const auto bytes = reader.read<uint32_t>();
    const auto offset = reader.read<uint32_t>();
    Directory directory{offset, bytes, entries};
    uint64_t end = end_record;
    if (end_record >= kLocatorBytes &&
        at(end_record - kLocatorBytes, file_.size()).read<uint32_t>() == kZip64LocatorSignature) {
      std::tie(directory, end) = read_zip64_end(end_record - kLocatorBytes);
    } else if (disk != 0 || directory_disk != 0 || entries_here != entries) {
      refuse("the archive is divided over several files");
    }
    if (directory.entries > kMaxEntries) {
      fail("the archive has too many files, got " + std::to_string(directory.entries) +
           ", expected at most " + std::to_string(kMaxEntries));
    }
    if (directory.offset > end || directory.bytes != end - directory.offset) {
      fail("the archive's directory is not where its end says, got " +
           std::to_string(directory.bytes) + " bytes from " + std::to_string(directory.offset) +
           ", expected it to end at " + std::to_string(end) +
           "; the file may be an unfinished or a patched download");
    }
    if (directory.entries > directory.bytes / kEntryBytes)
      fail("the archive's directory is shorter than its entries");
    return directory;
  }

  /// The directory as the zip64 records tell it, and where the first of them begins.
  std::pair<Directory, uint64_t> read_zip64_end(uint64_t locator) const {
    ByteReader reader = at(locator + 4, file_.size());
    reader.read<uint32_t>();  // the disk with the zip64 end record, checked below by its offset
    const auto record = reader.read<uint64_t>();
    if (record > locator || at(record, locator).remaining() < 56 ||
        at(record, locator).read<uint32_t>() != kZip64EndSignature) {
      fail("the archive's zip64 record is not where its locator says");
    }
    ByteReader fields = at(record + 4, locator);
    if (fields.read<uint64_t>() != locator - record - 12)
      fail("the archive's zip64 record has the wrong size");
    fields.text(4);  // versions
    const auto disk = fields.read<uint32_t>();
    const auto directory_disk = fields.read<uint32_t>();
    const auto entries_here = fields.read<uint64_t>();
    Directory directory;
    directory.entries = fields.read<uint64_t>();
    directory.bytes = fields.read<uint64_t>();
    directory.offset = fields.read<uint64_t>();
    if (disk != 0 || directory_disk != 0 || entries_here != directory.entries)
      refuse("the archive is divided over several files");
    return {directory, record};
  }

  DirectoryEntry read_entry(ByteReader& reader) const {
    if (reader.read<uint32_t>() != kEntrySignature)
      fail("the archive's directory is damaged at byte " + std::to_string(reader.position() - 4));
    reader.text(4);  // versions
    const auto flags = reader.read<uint16_t>();
    const auto method = reader.read<uint16_t>();
    reader.text(8);  // time, date, checksum
    uint64_t compressed = reader.read<uint32_t>();
    uint64_t bytes = reader.read<uint32_t>();
    const auto name_bytes = reader.read<uint16_t>();
    const auto extra_bytes = reader.read<uint16_t>();
    const auto comment_bytes = reader.read<uint16_t>();
    const auto disk = reader.read<uint16_t>();
    reader.text(6);  // attributes
    uint64_t local_header = reader.read<uint32_t>();

    DirectoryEntry entry;
    entry.name = reader.text(name_bytes);
    check_name(entry.name);
    const std::string_view extra = reader.text(extra_bytes);
    reader.text(comment_bytes);
    const std::string file = "file " + quote_name(entry.name) + " of the archive";
    apply_zip64(extra, file, {&bytes, &compressed, &local_header});
    if (disk != 0) refuse("the archive is divided over several files");
    if (flags & kEncryptedFlags) refuse(file + " is encrypted");
    if (method != kStored) refuse(file + " is compressed (method " + std::to_string(method) + ")");
    if (compressed != bytes)
      fail(file + " has two sizes, " + std::to_string(compressed) + " and " +
           std::to_string(bytes));
    entry.bytes = bytes;
    entry.local_header = local_header;
    return entry;
  }

  void check_name(std::string_view name) const {
    const bool leads_upwards = name == ".." || name.starts_with("../") || name.ends_with("/..") ||
                               name.find("/../") != std::string_view::npos;
    if (name.empty() || name[0] == '/' || leads_upwards ||
        name.find('\\') != std::string_view::npos || name.find('\0') != std::string_view::npos) {
      fail("a file of the archive has the name " + quote_name(name) +
           ", expected a path that stays inside the archive");
    }
  }

  /// Replaces the numbers that say they stand in the zip64 part of the entry's extra field, where
  /// they follow one another in this order.
  void apply_zip64(std::string_view extra,
                   const std::string& file,
                   std::initializer_list<uint64_t*> numbers) const {
    ByteReader reader(std::as_bytes(std::span(extra)), where_);
    std::string_view zip64;
    while (reader.remaining() >= 4) {
      const auto id = reader.read<uint16_t>();
      const std::string_view body = reader.text(reader.read<uint16_t>());
      if (id == kZip64Extra && zip64.empty()) zip64 = body;
    }
    ByteReader values(std::as_bytes(std::span(zip64)), where_);
    for (uint64_t* number : numbers) {
      if (*number != kInZip64) continue;
      if (values.remaining() < 8) fail(file + " lacks its zip64 numbers");
      *number = values.read<uint64_t>();
    }
  }

  /// Where the entry's data lies, which its local header tells.
  ZipEntry locate(const DirectoryEntry& entry, uint64_t data_end) const {
    const std::string file = "file " + quote_name(entry.name) + " of the archive";
    const std::string damaged = "the header of " + file + " is damaged";
    if (entry.local_header > data_end) fail(damaged);
    ByteReader reader = at(entry.local_header, data_end);
    if (reader.remaining() < 30 || reader.read<uint32_t>() != kLocalSignature) fail(damaged);
    reader.text(2);  // version
    const auto flags = reader.read<uint16_t>();
    const auto method = reader.read<uint16_t>();
    if ((flags & kEncryptedFlags) || method != kStored)
      fail("the header of " + file + " contradicts the directory");
    reader.text(16);  // time, date, checksum, sizes: the directory tells them
    const auto name_bytes = reader.read<uint16_t>();
    const auto extra_bytes = reader.read<uint16_t>();
    if (uint64_t{name_bytes} + extra_bytes > reader.remaining()) fail(damaged);
    if (reader.text(name_bytes) != entry.name)
      fail("the header of " + file + " has another name than the directory");
    reader.text(extra_bytes);
    if (entry.bytes > reader.remaining()) {
      fail(file + " does not fit, got " + std::to_string(entry.bytes) +
           " bytes, expected at most " + std::to_string(reader.remaining()));
    }
    return {reader.position(), entry.bytes};
  }

  std::span<const std::byte> file_;
  std::string_view where_;
};

}  // namespace

ZipIndex parse_zip_index(std::span<const std::byte> file, std::string_view where) {
  return ZipReader(file, where).read();
}

}  // namespace lienzo::weights
