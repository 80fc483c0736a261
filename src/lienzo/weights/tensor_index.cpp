#include "lienzo/weights/tensor_index.h"

#include <array>
#include <utility>

#include "lienzo/base/error.h"

namespace lienzo::weights {

namespace {

struct DTypeRow {
  DType dtype;
  std::string_view name;
  int bits;
};

constexpr std::array kDTypes = {
    DTypeRow{DType::kBool, "BOOL", 8},      DTypeRow{DType::kU8, "U8", 8},
    DTypeRow{DType::kI8, "I8", 8},          DTypeRow{DType::kF8E4M3, "F8_E4M3", 8},
    DTypeRow{DType::kF8E5M2, "F8_E5M2", 8}, DTypeRow{DType::kF8E8M0, "F8_E8M0", 8},
    DTypeRow{DType::kI16, "I16", 16},       DTypeRow{DType::kU16, "U16", 16},
    DTypeRow{DType::kF16, "F16", 16},       DTypeRow{DType::kBF16, "BF16", 16},
    DTypeRow{DType::kI32, "I32", 32},       DTypeRow{DType::kU32, "U32", 32},
    DTypeRow{DType::kF32, "F32", 32},       DTypeRow{DType::kI64, "I64", 64},
    DTypeRow{DType::kU64, "U64", 64},       DTypeRow{DType::kF64, "F64", 64},
    DTypeRow{DType::kC64, "C64", 64},       DTypeRow{DType::kF4, "F4", 4},
    DTypeRow{DType::kF6E2M3, "F6_E2M3", 6}, DTypeRow{DType::kF6E3M2, "F6_E3M2", 6},
};

const DTypeRow& row(DType dtype) {
  for (const DTypeRow& candidate : kDTypes) {
    if (candidate.dtype == dtype) return candidate;
  }
  throw Error(ErrorKind::kInternal, "[weights] element type without a row in its table");
}

}  // namespace

std::string_view name(DType dtype) { return row(dtype).name; }

int bits(DType dtype) { return row(dtype).bits; }

std::optional<DType> dtype_from_name(std::string_view name) {
  for (const DTypeRow& candidate : kDTypes) {
    if (candidate.name == name) return candidate.dtype;
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
