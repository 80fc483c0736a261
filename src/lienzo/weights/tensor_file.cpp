#include "lienzo/weights/tensor_file.h"

#include <array>

#include "lienzo/base/error.h"

namespace lienzo::weights {

namespace {

constexpr std::array kReadable = {
    std::pair{DType::kF64, torch::kFloat64},
    std::pair{DType::kF32, torch::kFloat32},
    std::pair{DType::kF16, torch::kFloat16},
    std::pair{DType::kBF16, torch::kBFloat16},
    std::pair{DType::kI64, torch::kInt64},
    std::pair{DType::kI32, torch::kInt32},
    std::pair{DType::kI16, torch::kInt16},
    std::pair{DType::kI8, torch::kInt8},
    std::pair{DType::kU8, torch::kUInt8},
    std::pair{DType::kBool, torch::kBool},
};

TensorIndex index_of(const std::vector<NamedTensor>& tensors, const std::string& where) {
  std::vector<TensorInfo> infos;
  infos.reserve(tensors.size());
  for (const auto& [name, tensor] : tensors) {
    if (!tensor.defined())
      throw Error(ErrorKind::kInvalidInput, "[" + where + "] no tensor for " + quote_name(name));
    infos.push_back({name,
                     file_dtype(tensor.scalar_type()),
                     tensor.sizes().vec(),
                     0,
                     static_cast<uint64_t>(tensor.numel()) * tensor.element_size()});
  }
  return TensorIndex(std::move(infos), {}, where);
}

}  // namespace

torch::ScalarType scalar_type(DType dtype) {
  if (is_quantized(dtype)) return torch::kFloat32;
  for (const auto& [file, torch] : kReadable) {
    if (file == dtype) return torch;
  }
  throw Error(ErrorKind::kUnsupported,
              "[weights] cannot read numbers of type " + std::string(name(dtype)) +
                  ", expected F64, F32, F16, BF16, I64, I32, I16, I8, U8 or BOOL; convert "
                  "the file first");
}

DType file_dtype(torch::ScalarType type) {
  for (const auto& [file, torch] : kReadable) {
    if (torch == type) return file;
  }
  throw Error(ErrorKind::kUnsupported,
              std::string("[weights] cannot write numbers of type ") + c10::toString(type));
}

torch::Tensor TensorFile::read(std::string_view name) const {
  const TensorInfo* info = index().find(name);
  if (!info)
    throw Error(ErrorKind::kNotFound, "[" + where() + "] has no tensor " + quote_name(name));
  return read_numbers(*info);
}

TensorList::TensorList(std::vector<NamedTensor> tensors, std::string where)
    : tensors_(std::move(tensors)), where_(std::move(where)), index_(index_of(tensors_, where_)) {}

torch::Tensor TensorList::read_numbers(const TensorInfo& info) const {
  // The index keeps the order of the list.
  const auto position = static_cast<size_t>(&info - index_.tensors().data());
  return tensors_[position].second.detach().to(torch::kCPU);
}

}  // namespace lienzo::weights
