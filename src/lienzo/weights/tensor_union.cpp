#include "lienzo/weights/tensor_union.h"

#include <algorithm>
#include <map>
#include <utility>

#include "lienzo/weights/files_of.h"

namespace lienzo::weights {

TensorUnion::TensorUnion(std::vector<std::shared_ptr<const TensorFile>> files, std::string where)
    : files_(std::move(files)), where_(std::move(where)) {
  std::vector<TensorInfo> infos;
  std::map<std::string, std::string> metadata;
  for (const auto& file : files_) {
    const std::vector<TensorInfo>& own = file->index().tensors();
    infos.insert(infos.end(), own.begin(), own.end());
    ends_.push_back(infos.size());
    metadata.insert(file->index().metadata().begin(), file->index().metadata().end());
  }
  index_ = TensorIndex(std::move(infos), std::move(metadata), where_);
}

std::vector<std::filesystem::path> TensorUnion::files() const { return files_of(files_); }

torch::Tensor TensorUnion::read_numbers(const TensorInfo& info) const {
  const auto position = static_cast<size_t>(&info - index_.tensors().data());
  const auto end = std::upper_bound(ends_.begin(), ends_.end(), position);
  return files_[static_cast<size_t>(end - ends_.begin())]->read(info.name);
}

}  // namespace lienzo::weights
