#include "lienzo/weights/torch_file.h"

#include <utility>

#include "lienzo/weights/mapped_tensor.h"

namespace lienzo::weights {

TorchFile::TorchFile(std::shared_ptr<const MappedFile> file)
    : file_(std::move(file)), contents_(parse_torch_file(file_->bytes(), file_->path().string())) {}

TorchFile TorchFile::open(const std::filesystem::path& path) {
  return TorchFile(map_weight_file(path));
}

torch::Tensor TorchFile::read_numbers(const TensorInfo& info) const {
  const auto position = static_cast<size_t>(&info - index().tensors().data());
  return mapped_tensor(file_, info, contents_.strides[position]);
}

}  // namespace lienzo::weights
