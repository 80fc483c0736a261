#include "lienzo/weights/mapped_tensor.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include "lienzo/base/pages.h"
#include "lienzo/weights/tensor_file.h"

namespace lienzo::weights {

namespace {

std::vector<int64_t> contiguous_strides(const std::vector<int64_t>& shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

/// Elements from the first to the last one, with those between them that are not the tensor's.
int64_t extent(const std::vector<int64_t>& shape, c10::IntArrayRef strides) {
  int64_t elements = 1;
  for (size_t i = 0; i < shape.size(); ++i) elements += (shape[i] - 1) * strides[i];
  return elements;
}

}  // namespace

std::shared_ptr<const MappedFile> map_weight_file(const std::filesystem::path& path) {
  return std::make_shared<const MappedFile>(path, Mapping::kCopyOnWrite);
}

torch::Tensor mapped_tensor(const std::shared_ptr<const MappedFile>& file, const TensorInfo& info) {
  return mapped_tensor(file, info, contiguous_strides(info.shape));
}

torch::Tensor mapped_tensor(const std::shared_ptr<const MappedFile>& file,
                            const TensorInfo& info,
                            c10::IntArrayRef strides) {
  const torch::ScalarType type = scalar_type(info.dtype);
  if (info.bytes == 0) return torch::empty(info.shape, type);
  // A byte that is neither 0 nor 1 must never be read as a C++ bool.
  const torch::ScalarType stored = type == torch::kBool ? torch::kUInt8 : type;
  // Copy on write: map_weight_file.
  std::byte* data = const_cast<std::byte*>(file->bytes().data()) + info.offset;

  torch::Tensor tensor;
  if (reinterpret_cast<uintptr_t>(data) % c10::elementSize(stored) == 0) {
    const size_t bytes =
        static_cast<size_t>(extent(info.shape, strides)) * c10::elementSize(stored);
    tensor = torch::from_blob(
        data,
        info.shape,
        strides,
        [file, bytes](void* begin) { release_pages(begin, bytes); },
        stored);
  } else {
    const torch::Tensor aligned = torch::empty({extent(info.shape, strides)}, stored);
    std::memcpy(aligned.data_ptr(), data, aligned.numel() * c10::elementSize(stored));
    tensor = aligned.as_strided(info.shape, strides);
  }
  return type == torch::kBool ? tensor.ne(0).contiguous() : tensor.contiguous();
}

}  // namespace lienzo::weights
