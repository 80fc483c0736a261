#include "lienzo/weights/tensor_index.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lienzo/base/error.h"

namespace lienzo::weights {

namespace {

struct DTypeRow {
  DType dtype;
  std::string_view name;
  int bits;
  int block_elements = 1;
};

constexpr std::array kDTypes = {
    DTypeRow{DType::kBool, "BOOL", 8},
    DTypeRow{DType::kU8, "U8", 8},
    DTypeRow{DType::kI8, "I8", 8},
    DTypeRow{DType::kF8E4M3, "F8_E4M3", 8},
    DTypeRow{DType::kF8E5M2, "F8_E5M2", 8},
    DTypeRow{DType::kF8E8M0, "F8_E8M0", 8},
    DTypeRow{DType::kI16, "I16", 16},
    DTypeRow{DType::kU16, "U16", 16},
    DTypeRow{DType::kF16, "F16", 16},
    DTypeRow{DType::kBF16, "BF16", 16},
    DTypeRow{DType::kI32, "I32", 32},
    DTypeRow{DType::kU32, "U32", 32},
    DTypeRow{DType::kF32, "F32", 32},
    DTypeRow{DType::kI64, "I64", 64},
    DTypeRow{DType::kU64, "U64", 64},
    DTypeRow{DType::kF64, "F64", 64},
    DTypeRow{DType::kC64, "C64", 64},
    DTypeRow{DType::kF4, "F4", 4},
    DTypeRow{DType::kF6E2M3, "F6_E2M3", 6},
    DTypeRow{DType::kF6E3M2, "F6_E3M2", 6},
    // ggml-org/ggml, src/ggml-common.h: block_q8_0 and so on.
    DTypeRow{DType::kQ80, "Q8_0", 8 * 34, 32},
    DTypeRow{DType::kQ40, "Q4_0", 8 * 18, 32},
    DTypeRow{DType::kQ41, "Q4_1", 8 * 20, 32},
    DTypeRow{DType::kQ50, "Q5_0", 8 * 22, 32},
    DTypeRow{DType::kQ51, "Q5_1", 8 * 24, 32},
    DTypeRow{DType::kQ4K, "Q4_K", 8 * 144, 256},
    DTypeRow{DType::kQ5K, "Q5_K", 8 * 176, 256},
    DTypeRow{DType::kQ6K, "Q6_K", 8 * 210, 256},
};

const DTypeRow& row(DType dtype) {
  for (const DTypeRow& candidate : kDTypes) {
    if (candidate.dtype == dtype) return candidate;
  }
  throw Error(ErrorKind::kInternal, "[weights] element type without a row in its table");
}

}  // namespace

std::string_view name(DType dtype) { return row(dtype).name; }

int block_elements(DType dtype) { return row(dtype).block_elements; }

int bits(DType dtype) { return row(dtype).bits; }

std::optional<uint64_t> byte_size(std::span<const int64_t> shape, DType dtype) {
  constexpr uint64_t kMostElements = uint64_t{1} << 56;  // times 64 bits stays within 62 bits
  const int block = block_elements(dtype);
  if (block > 1 && (shape.empty() || shape.back() % block != 0)) return std::nullopt;
  uint64_t elements = 1;
  bool empty = false;
  for (const int64_t length : shape) {
    if (length < 0) return std::nullopt;
    const uint64_t factor = std::max<int64_t>(length, 1);
    if (elements > kMostElements / factor) return std::nullopt;
    elements *= factor;
    empty = empty || length == 0;
  }
  if (empty) return 0;
  const uint64_t all_bits =
      elements / static_cast<uint64_t>(block) * static_cast<uint64_t>(bits(dtype));
  if (all_bits % 8 != 0) return std::nullopt;
  return all_bits / 8;
}

std::optional<DType> dtype_from_name(std::string_view name) {
  for (const DTypeRow& candidate : kDTypes) {
    if (candidate.name == name && candidate.block_elements == 1) return candidate.dtype;
  }
  return std::nullopt;
}

int64_t TensorInfo::element_count() const {
  int64_t count = 1;
  for (const int64_t length : shape) count *= length;
  return count;
}

TensorIndex::TensorIndex(std::vector<TensorInfo> tensors,
                         std::map<std::string, std::string> metadata,
                         std::string_view where)
    : tensors_(std::move(tensors)), metadata_(std::move(metadata)) {
  for (size_t i = 0; i < tensors_.size(); ++i) {
    if (!position_.emplace(tensors_[i].name, i).second) {
      throw Error(
          ErrorKind::kCorrupt,
          "[" + std::string(where) + "] two tensors are named " + quote_name(tensors_[i].name));
    }
  }
}

const TensorInfo* TensorIndex::find(std::string_view name) const {
  const auto found = position_.find(name);
  return found == position_.end() ? nullptr : &tensors_[found->second];
}

bool TensorIndex::has_scope(std::string_view scope) const {
  const std::string prefix = std::string(scope) + ".";
  const auto next = position_.lower_bound(prefix);
  return next != position_.end() && next->first.starts_with(prefix);
}

std::string quote_name(std::string_view name) {
  constexpr size_t kLongest = 120;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text = "'";
  for (const char c : name.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      text += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      text += c;
    }
  }
  return text + (name.size() > kLongest ? "...'" : "'");
}

}  // namespace lienzo::weights
