#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lienzo::weights {

/// Element types that weight files use. All can be listed; tensor_file.h says which can be read.
enum class DType {
  kBool,
  kU8,
  kI8,
  kF8E4M3,
  kF8E5M2,
  kF8E8M0,
  kI16,
  kU16,
  kF16,
  kBF16,
  kI32,
  kU32,
  kF32,
  kI64,
  kU64,
  kF64,
  kC64,
  kF4,
  kF6E2M3,
  kF6E3M2,
  // Quantised: blocks of numbers that share scales, found in GGUF files (dequantize.h).
  kQ80,
  kQ40,
  kQ41,
  kQ50,
  kQ51,
  kQ4K,
  kQ5K,
  kQ6K,
};

/// The name in safetensors files, "F32", "BF16"..., or for quantised types in GGUF files, "Q4_K".
std::string_view name(DType dtype);
/// The type with that name in safetensors files, which have no quantised ones, if there is one.
std::optional<DType> dtype_from_name(std::string_view name);
/// Elements that are stored together: 32 or 256 in quantised types, 1 in all others.
int block_elements(DType dtype);
/// Bits of one element; of one block for quantised types.
int bits(DType dtype);
inline bool is_quantized(DType dtype) { return block_elements(dtype) > 1; }

/// Limits of every format, far above any real model.
inline constexpr size_t kMaxRank = 8;
inline constexpr size_t kMaxTensors = 1 << 18;

/// Bytes of a tensor of that shape, whose last length must be whole blocks of a quantised type.
/// Nothing when the size cannot be: no whole bytes, no whole blocks, a negative length, or lengths
/// whose product leaves 62 bits, a zero counting as one, so that neither sizes nor strides
/// overflow.
std::optional<uint64_t> byte_size(std::span<const int64_t> shape, DType dtype);

/// What a file says about one tensor, without its numbers.
struct TensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;  // empty for a single number
  uint64_t offset = 0;         // of the first byte, from the beginning of the file
  uint64_t bytes = 0;

  int64_t element_count() const;
  bool operator==(const TensorInfo&) const = default;
};

/// The table of contents of a weight file: names, types and shapes. No torch here, so that a model
/// can be configured from shapes alone.
class TensorIndex {
 public:
  /// Takes the tensors in file order. Throws kCorrupt when a name comes twice; `where` names the
  /// file.
  TensorIndex(std::vector<TensorInfo> tensors,
              std::map<std::string, std::string> metadata,
              std::string_view where);
  TensorIndex() = default;

  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  size_t size() const { return tensors_.size(); }

  /// The tensor of that name, or null.
  const TensorInfo* find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  /// Whether a name begins with `scope` and a dot: has_scope("encoder") finds
  /// "encoder.conv.weight".
  bool has_scope(std::string_view scope) const;

 private:
  std::vector<TensorInfo> tensors_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, size_t, std::less<>> position_;
};

/// A name from a file made fit for a message: quoted, control bytes escaped, long ones cut.
std::string quote_name(std::string_view name);

}  // namespace lienzo::weights
