#include "lienzo/weights/gguf_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/base/utf8.h"
#include "lienzo/weights/byte_reader.h"

namespace lienzo::weights {

namespace {

constexpr std::string_view kShapePrefix = "comfy.gguf.orig_shape.";

// Limits beyond the format's own, far above any real model.
constexpr uint64_t kMaxValues = 1 << 16;
constexpr uint64_t kLongestName = 512;
constexpr uint64_t kLongestText = 1 << 16;  // kept in the metadata
constexpr uint64_t kLongestList = 16;
constexpr uint64_t kLargestAlignment = 1 << 20;

/// Types of values in the header (gguf.h, enum gguf_type).
enum class ValueType : uint32_t {
  kU8,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kF32,
  kBool,
  kText,
  kList,
  kU64,
  kI64,
  kF64,
};

/// Types of tensors (ggml.h, enum ggml_type); those without a DType cannot be read.
struct TypeRow {
  uint32_t id;
  std::string_view name;
  std::optional<DType> dtype = std::nullopt;
};

constexpr std::array kTypes = {
    TypeRow{0, "F32", DType::kF32},
    TypeRow{1, "F16", DType::kF16},
    TypeRow{2, "Q4_0", DType::kQ40},
    TypeRow{3, "Q4_1", DType::kQ41},
    TypeRow{6, "Q5_0", DType::kQ50},
    TypeRow{7, "Q5_1", DType::kQ51},
    TypeRow{8, "Q8_0", DType::kQ80},
    TypeRow{9, "Q8_1"},
    TypeRow{10, "Q2_K"},
    TypeRow{11, "Q3_K"},
    TypeRow{12, "Q4_K", DType::kQ4K},
    TypeRow{13, "Q5_K", DType::kQ5K},
    TypeRow{14, "Q6_K", DType::kQ6K},
    TypeRow{15, "Q8_K"},
    TypeRow{16, "IQ2_XXS"},
    TypeRow{17, "IQ2_XS"},
    TypeRow{18, "IQ3_XXS"},
    TypeRow{19, "IQ1_S"},
    TypeRow{20, "IQ4_NL"},
    TypeRow{21, "IQ3_S"},
    TypeRow{22, "IQ2_S"},
    TypeRow{23, "IQ4_XS"},
    TypeRow{24, "I8", DType::kI8},
    TypeRow{25, "I16", DType::kI16},
    TypeRow{26, "I32", DType::kI32},
    TypeRow{27, "I64", DType::kI64},
    TypeRow{28, "F64", DType::kF64},
    TypeRow{29, "IQ1_M"},
    TypeRow{30, "BF16", DType::kBF16},
    TypeRow{34, "TQ1_0"},
    TypeRow{35, "TQ2_0"},
    TypeRow{39, "MXFP4"},
    TypeRow{40, "NVFP4"},
    TypeRow{41, "Q1_0"},
};

template <class T>
std::string number_text(T number) {
  std::array<char, 32> digits;
  return {digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr};
}

class GgufReader {
 public:
  GgufReader(std::span<const std::byte> file, std::string_view where)
      : file_(file), reader_(file, where) {}

  TensorIndex read() {
    if (!as_text(file_).starts_with(kGgufMagic)) reader_.fail("not a GGUF file");
    reader_.text(kGgufMagic.size());
    check_version(reader_.read<uint32_t>());
    const auto tensor_count = reader_.read<uint64_t>();
    const auto value_count = reader_.read<uint64_t>();
    if (tensor_count > kMaxTensors || value_count > kMaxValues) {
      reader_.fail("a header of " + std::to_string(tensor_count) + " tensors and " +
                   std::to_string(value_count) + " values, expected at most " +
                   std::to_string(kMaxTensors) + " and " + std::to_string(kMaxValues));
    }
    for (uint64_t i = 0; i < value_count; ++i) read_entry();
    std::vector<TensorInfo> tensors;
    for (uint64_t i = 0; i < tensor_count; ++i) tensors.push_back(read_tensor());
    place(tensors);
    for (TensorInfo& tensor : tensors) restore_shape(tensor);
    return TensorIndex(std::move(tensors), std::move(metadata_), reader_.where());
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::kUnsupported, "[" + std::string(reader_.where()) + "] " + what);
  }

  void check_version(uint32_t version) const {
    if ((version & 0xffff) == 0 && version != 0)
      refuse("a GGUF file in big-endian order, expected little-endian");
    if (version != 2 && version != 3) {
      refuse("a GGUF file of version " + std::to_string(version) +
             ", expected 2 or 3; convert the model again with a current program");
    }
  }

  std::string read_text(uint64_t longest, std::string_view what) {
    const auto length = reader_.read<uint64_t>();
    if (length > longest) {
      reader_.fail(std::string(what) + " has " + std::to_string(length) +
                   " bytes, expected at most " + std::to_string(longest));
    }
    const std::string_view text = reader_.text(length);
    if (!is_valid_utf8(text)) reader_.fail(std::string(what) + " is not UTF-8");
    return std::string(text);
  }

  // Values: metadata for people, but for the alignment and the original shapes.

  void read_entry() {
    std::string key = read_text(kLongestName + kShapePrefix.size(), "the name of a value");
    const auto type = static_cast<ValueType>(reader_.read<uint32_t>());
    std::string text;
    if (type == ValueType::kList) {
      text = read_list(key);
    } else if (key == "general.alignment") {
      if (type != ValueType::kU32) reader_.fail("general.alignment is no number of type U32");
      set_alignment(reader_.read<uint32_t>());
      text = std::to_string(alignment_);
    } else {
      text = read_value(type, key);
    }
    const auto [entry, is_new] = metadata_.emplace(std::move(key), std::move(text));
    if (!is_new) reader_.fail("the value " + quote_name(entry->first) + " comes twice");
  }

  void set_alignment(uint32_t alignment) {
    if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > kLargestAlignment) {
      reader_.fail("general.alignment is wrong, got " + std::to_string(alignment) +
                   ", expected a power of two up to " + std::to_string(kLargestAlignment));
    }
    alignment_ = alignment;
  }

  std::string read_value(ValueType type, const std::string& key) {
    switch (type) {
      case ValueType::kU8: return number_text(reader_.read<uint8_t>());
      case ValueType::kI8: return number_text(reader_.read<int8_t>());
      case ValueType::kU16: return number_text(reader_.read<uint16_t>());
      case ValueType::kI16: return number_text(reader_.read<int16_t>());
      case ValueType::kU32: return number_text(reader_.read<uint32_t>());
      case ValueType::kI32: return number_text(reader_.read<int32_t>());
      case ValueType::kF32: return number_text(reader_.read<float>());
      case ValueType::kU64: return number_text(reader_.read<uint64_t>());
      case ValueType::kI64: return number_text(reader_.read<int64_t>());
      case ValueType::kF64: return number_text(reader_.read<double>());
      case ValueType::kBool: return read_truth(key);
      case ValueType::kText: return read_long_text(key);
      case ValueType::kList: break;
    }
    reader_.fail("the value " + quote_name(key) + " has an unknown type, got " +
                 std::to_string(static_cast<uint32_t>(type)));
  }

  std::string read_truth(const std::string& key) {
    const auto truth = reader_.read<uint8_t>();
    if (truth > 1) {
      reader_.fail("the value " + quote_name(key) + " is neither true nor false, got " +
                   std::to_string(truth));
    }
    return truth ? "true" : "false";
  }

  std::string read_long_text(const std::string& key) {
    ByteReader ahead = reader_;
    const auto length = ahead.read<uint64_t>();
    if (length <= kLongestText) return read_text(kLongestText, "the value " + quote_name(key));
    ahead.text(length);
    reader_ = ahead;
    return "(text of " + std::to_string(length) + " bytes)";
  }

  std::string read_list(const std::string& key) {
    const auto type = static_cast<ValueType>(reader_.read<uint32_t>());
    const auto count = reader_.read<uint64_t>();
    if (type == ValueType::kList) reader_.fail("the value " + quote_name(key) + " nests lists");
    if (count > reader_.remaining()) {  // every element has at least a byte
      reader_.fail("the list " + quote_name(key) + " is cut off, got " +
                   std::to_string(reader_.remaining()) + " more bytes, expected " +
                   std::to_string(count) + " elements; the file may be an unfinished download");
    }
    std::vector<std::string> shown;
    for (uint64_t i = 0; i < count; ++i) {
      std::string element = read_value(type, key);
      if (count <= kLongestList) shown.push_back(std::move(element));
    }
    if (key.starts_with(kShapePrefix)) note_shape(key, shown, count);
    if (count > kLongestList || type == ValueType::kText)
      return "(list of " + std::to_string(count) + ")";
    std::string text = "[";
    for (const std::string& element : shown) text += (text.size() > 1 ? ", " : "") + element;
    return text + "]";
  }

  /// Keeps what a converter says of a tensor's shape. Source: city96/ComfyUI-GGUF,
  /// tools/convert.py and loader.py (get_orig_shape).
  void note_shape(const std::string& key, const std::vector<std::string>& lengths, uint64_t count) {
    std::vector<int64_t> shape;
    for (const std::string& text : lengths) {
      int64_t length = -1;
      const char* const end = text.data() + text.size();
      const auto parsed = std::from_chars(text.data(), end, length);
      shape.push_back(parsed.ec == std::errc() && parsed.ptr == end ? length : -1);
    }
    // As bytes of one element each, for the count of elements.
    if (count > kMaxRank || !byte_size(shape, DType::kU8))
      reader_.fail("the value " + quote_name(key) + " is no shape");
    shapes_.emplace(key.substr(kShapePrefix.size()), std::move(shape));
  }

  // Tensors.

  TensorInfo read_tensor() {
    TensorInfo tensor;
    tensor.name = read_text(kLongestName, "the name of a tensor");
    const std::string subject = "tensor " + quote_name(tensor.name);
    const auto rank = reader_.read<uint32_t>();
    if (rank > kMaxRank) {
      reader_.fail(subject + " has " + std::to_string(rank) + " dimensions, expected at most " +
                   std::to_string(kMaxRank));
    }
    // A length beyond int64_t turns negative here, and is then refused.
    for (uint32_t i = 0; i < rank; ++i)
      tensor.shape.push_back(static_cast<int64_t>(reader_.read<uint64_t>()));
    std::reverse(tensor.shape.begin(), tensor.shape.end());
    tensor.dtype = read_type(subject);
    const std::optional<uint64_t> bytes = byte_size(tensor.shape, tensor.dtype);
    if (!bytes) {
      reader_.fail(subject + " has a shape whose size cannot be, or no whole blocks of type " +
                   std::string(name(tensor.dtype)));
    }
    tensor.bytes = *bytes;
    tensor.offset = reader_.read<uint64_t>();  // from the first byte of the data
    return tensor;
  }

  DType read_type(const std::string& subject) {
    const auto id = reader_.read<uint32_t>();
    const auto row = std::find_if(
        kTypes.begin(), kTypes.end(), [&](const TypeRow& type) { return type.id == id; });
    if (row == kTypes.end())
      reader_.fail(subject + " has an unknown type, got " + std::to_string(id));
    if (!row->dtype) {
      refuse(subject + " has the type " + std::string(row->name) +
             ", expected F32, F16, BF16, F64, I8 to I64, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K "
             "or Q6_K; take another file of this model");
    }
    return *row->dtype;
  }

  uint64_t padded(uint64_t bytes) const {
    return (bytes + alignment_ - 1) / alignment_ * alignment_;
  }

  /// Checks that tensors follow one another, and makes their offsets count from the beginning of
  /// the file. Sizes are below 2^62 and there are at most 2^18 of them: only sums must be watched.
  void place(std::vector<TensorInfo>& tensors) const {
    const uint64_t data_begin = padded(reader_.position());
    uint64_t expected = 0;
    uint64_t end = reader_.position();
    for (TensorInfo& tensor : tensors) {
      const std::string subject = "tensor " + quote_name(tensor.name);
      if (tensor.offset != expected) {
        reader_.fail(subject + " is not where the one before it ends, got byte " +
                     std::to_string(tensor.offset) + ", expected " + std::to_string(expected));
      }
      tensor.offset += data_begin;
      end = tensor.offset + tensor.bytes;
      expected += padded(tensor.bytes);
      if (end > uint64_t{1} << 62) reader_.fail(subject + " ends beyond any file");
    }
    if (end > file_.size()) {
      reader_.fail("cut off: the file has " + std::to_string(file_.size()) +
                   " bytes, the header promises " + std::to_string(end) +
                   "; the file may be an unfinished download");
    }
    if (file_.size() - end >= alignment_) {
      reader_.fail("bytes after the last tensor, got " + std::to_string(file_.size()) +
                   " bytes, expected " + std::to_string(end));
    }
  }

  void restore_shape(TensorInfo& tensor) const {
    const auto noted = shapes_.find(tensor.name);
    if (noted == shapes_.end()) return;
    const int64_t elements = tensor.element_count();
    tensor.shape = noted->second;
    if (tensor.element_count() != elements) {
      reader_.fail("tensor " + quote_name(tensor.name) + " has " + std::to_string(elements) +
                   " elements, but its original shape " + std::to_string(tensor.element_count()));
    }
  }

  std::span<const std::byte> file_;
  ByteReader reader_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, std::vector<int64_t>> shapes_;  // original ones, by tensor
  uint64_t alignment_ = 32;
};

}  // namespace

TensorIndex parse_gguf_header(std::span<const std::byte> file, std::string_view where) {
  return GgufReader(file, where).read();
}

}  // namespace lienzo::weights
