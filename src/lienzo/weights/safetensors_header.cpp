#include "lienzo/weights/safetensors_header.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/base/json.h"

namespace lienzo::weights {

namespace {

constexpr size_t kPrefixBytes = 8;  // the header's length, little-endian
constexpr std::string_view kMetadataName = "__metadata__";

/// What the header says of one tensor, before it is checked. Offsets count from the end of the
/// header.
struct Entry {
  std::string name;
  std::optional<DType> dtype;
  std::vector<uint64_t> shape;
  std::vector<uint64_t> offsets;
  bool has_shape = false;
  bool has_offsets = false;
};

/// Receives the header's JSON piece by piece: a parsed tree would hide repeated keys, and would be
/// built in full before its depth or size could be refused.
class HeaderHandler : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderHandler(std::string_view where) : where_(where) {}

  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;

  bool null() override { refuse_value("null"); }
  bool boolean(bool) override { refuse_value("a truth value"); }
  bool number_integer(number_integer_t value) override {
    refuse_value("the number " + std::to_string(value));
  }
  bool number_float(number_float_t, const string_t& text) override {
    refuse_value("the number " + quote_name(text));
  }
  bool binary(binary_t&) override { refuse_value("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ != Place::kList) refuse_value("the number " + std::to_string(value));
    if (list_->size() >= kMaxRank) {
      fail(inside() + " has more than " + std::to_string(kMaxRank) +
           " numbers, which no model needs");
    }
    list_->push_back(value);
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::kMetadata) {
      if (!metadata.emplace(key_, value).second)
        fail("metadata key " + quote_name(key_) + " comes twice");
      return true;
    }
    if (place_ != Place::kTensor || key_ != "dtype") refuse_value("the text " + quote_name(value));
    Entry& entry = entries.back();
    if (entry.dtype) fail(inside() + " comes twice");
    entry.dtype = dtype_from_name(value);
    if (!entry.dtype)
      fail(inside() + " is unknown, got " + quote_name(value) +
           ", expected a type such as F32 or F16");
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::kOutside) {
      place_ = Place::kTop;
    } else if (place_ == Place::kTop && key_ == kMetadataName) {
      if (metadata_seen_) fail("__metadata__ comes twice");
      metadata_seen_ = true;
      place_ = Place::kMetadata;
    } else if (place_ == Place::kTop) {
      if (entries.size() >= kMaxTensors)
        fail("more than " + std::to_string(kMaxTensors) + " tensors");
      if (!names_.insert(key_).second) fail("two tensors are named " + quote_name(key_));
      entries.emplace_back().name = key_;
      place_ = Place::kTensor;
    } else {
      refuse_value("an object");
    }
    return true;
  }

  bool key(string_t& value) override {
    key_ = value;
    if (place_ == Place::kTensor && key_ != "dtype" && key_ != "shape" && key_ != "data_offsets") {
      fail("tensor " + quote_name(entries.back().name) + " has an unknown key, got " +
           quote_name(key_) + ", expected dtype, shape or data_offsets");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kTensor) {
      const Entry& entry = entries.back();
      if (!entry.dtype || !entry.has_shape || !entry.has_offsets) {
        const std::string_view lacking = !entry.dtype       ? "dtype"
                                         : !entry.has_shape ? "shape"
                                                            : "data_offsets";
        fail("tensor " + quote_name(entry.name) + " has no " + std::string(lacking));
      }
    }
    place_ = place_ == Place::kTop ? Place::kOutside : Place::kTop;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::kTensor || key_ == "dtype") refuse_value("a list");
    Entry& entry = entries.back();
    bool& seen = key_ == "shape" ? entry.has_shape : entry.has_offsets;
    if (seen) fail(inside() + " comes twice");
    seen = true;
    list_ = key_ == "shape" ? &entry.shape : &entry.offsets;
    place_ = Place::kList;
    return true;
  }

  bool end_array() override {
    place_ = Place::kTensor;
    return true;
  }

  bool parse_error(std::size_t position,
                   const std::string&,
                   const nlohmann::detail::exception&) override {
    fail("the header is not JSON in UTF-8, wrong at its byte " + std::to_string(position));
  }

 private:
  enum class Place { kOutside, kTop, kMetadata, kTensor, kList };

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kCorrupt, "[" + where_ + "] " + what);
  }

  /// The key being read, in words.
  std::string inside() const {
    switch (place_) {
      case Place::kOutside: return "the header";
      case Place::kTop: return quote_name(key_);
      case Place::kMetadata: return "metadata " + quote_name(key_);
      default: return key_ + " of tensor " + quote_name(entries.back().name);
    }
  }

  [[noreturn]] void refuse_value(const std::string& got) const {
    std::string expected = "an object";
    if (place_ == Place::kMetadata) expected = "a text";
    if (place_ == Place::kTensor) expected = key_ == "dtype" ? "a text" : "a list";
    if (place_ == Place::kList) expected = "whole numbers from 0 to 18446744073709551615";
    fail(inside() + " is wrong, got " + got + ", expected " + expected);
  }

  std::string where_;
  Place place_ = Place::kOutside;
  std::string key_;
  std::vector<uint64_t>* list_ = nullptr;
  bool metadata_seen_ = false;
  std::set<std::string> names_;
};

std::string range_text(const Entry& entry) {
  return std::to_string(entry.offsets[0]) + ".." + std::to_string(entry.offsets[1]);
}

std::string sum_text(uint64_t a, uint64_t b) {
  const bool overflows = b > std::numeric_limits<uint64_t>::max() - a;
  return overflows ? "over 18446744073709551615" : std::to_string(a + b);
}

/// Refuses holes, overlaps and tails: `entries` in order of offset must tile `data_bytes` exactly.
std::vector<TensorInfo> check_layout(std::vector<Entry> entries,
                                     uint64_t data_begin,
                                     uint64_t data_bytes,
                                     std::string_view where) {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::kCorrupt, "[" + std::string(where) + "] " + what);
  };
  for (const Entry& entry : entries) {
    if (entry.offsets.size() != 2) {
      fail("data_offsets of tensor " + quote_name(entry.name) + " is wrong, got " +
           std::to_string(entry.offsets.size()) + " numbers, expected 2");
    }
  }
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.offsets < b.offsets;
  });

  std::vector<TensorInfo> tensors;
  tensors.reserve(entries.size());
  uint64_t expected_begin = 0;
  for (Entry& entry : entries) {
    const uint64_t begin = entry.offsets[0];
    const uint64_t end = entry.offsets[1];
    const std::string tensor = "tensor " + quote_name(entry.name);
    if (begin > end) fail(tensor + " ends before it begins, got bytes " + range_text(entry));
    if (begin < expected_begin) {
      fail(tensor + " overlaps the one before it, got bytes " + range_text(entry) +
           ", expected from " + std::to_string(expected_begin));
    }
    if (begin > expected_begin) {
      fail("hole before " + tensor + ", got bytes " + range_text(entry) + ", expected from " +
           std::to_string(expected_begin));
    }
    if (end > data_bytes) {
      uint64_t promised = end;
      for (const Entry& other : entries) promised = std::max(promised, other.offsets[1]);
      fail(tensor + " is cut off: the file has " + std::to_string(data_begin + data_bytes) +
           " bytes, the header promises " + sum_text(data_begin, promised) +
           "; the file may be an unfinished download");
    }
    // A length beyond int64_t turns negative here, and is then refused.
    std::vector<int64_t> shape(entry.shape.begin(), entry.shape.end());
    const std::optional<uint64_t> bytes = byte_size(shape, *entry.dtype);
    if (!bytes) fail(tensor + " has a shape whose size cannot be");
    if (*bytes != end - begin) {
      fail(tensor + " has the wrong size, got " + std::to_string(end - begin) +
           " bytes, expected " + std::to_string(*bytes) + " for its shape and type");
    }
    tensors.push_back(
        {std::move(entry.name), *entry.dtype, std::move(shape), data_begin + begin, *bytes});
    expected_begin = end;
  }
  if (expected_begin != data_bytes) {
    fail("bytes after the last tensor, got " + std::to_string(data_bytes) +
         " bytes of data, expected " + std::to_string(expected_begin));
  }
  return tensors;
}

}  // namespace

TensorIndex parse_safetensors_header(std::span<const std::byte> file, std::string_view where) {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::kCorrupt, "[" + std::string(where) + "] " + what);
  };
  if (file.size() < kPrefixBytes) {
    fail("not a safetensors file, got " + std::to_string(file.size()) +
         " bytes, expected at least 8");
  }
  uint64_t header_bytes = 0;
  for (size_t i = 0; i < kPrefixBytes; ++i)
    header_bytes |= std::to_integer<uint64_t>(file[i]) << (8 * i);
  if (header_bytes > kMaxHeaderBytes) {
    fail("not a safetensors file, got a header of " + std::to_string(header_bytes) +
         " bytes, expected at most " + std::to_string(kMaxHeaderBytes));
  }
  if (header_bytes > file.size() - kPrefixBytes) {
    fail("header cut off, got " + std::to_string(file.size() - kPrefixBytes) + " bytes, expected " +
         std::to_string(header_bytes) + "; the file may be an unfinished download");
  }
  const char* header = reinterpret_cast<const char*>(file.data()) + kPrefixBytes;
  if (header_bytes == 0 || header[0] != '{')
    fail("not a safetensors file, expected a header that begins with '{'");
  // The JSON parser takes a zero byte for the end of its input.
  if (std::string_view(header, header_bytes).find('\0') != std::string_view::npos) {
    fail("the header is not JSON, got a zero byte in it");
  }

  HeaderHandler handler(where);
  Json::sax_parse(header, header + header_bytes, &handler);

  const uint64_t data_begin = kPrefixBytes + header_bytes;
  return TensorIndex(
      check_layout(std::move(handler.entries), data_begin, file.size() - data_begin, where),
      std::move(handler.metadata),
      where);
}

}  // namespace lienzo::weights
