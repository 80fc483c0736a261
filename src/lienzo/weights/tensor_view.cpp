#include "lienzo/weights/tensor_view.h"

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/tensor/shape.h"
#include "lienzo/weights/problem_list.h"

namespace lienzo::weights {

namespace {

/// What `entry` makes of `source`, or words for why it cannot.
struct Outcome {
  TensorInfo info;
  std::string problem;
};

Outcome apply(const ViewEntry& entry, const TensorInfo& source) {
  TensorInfo info = source;
  info.name = entry.name;
  std::vector<int64_t>& shape = info.shape;
  const auto problem = [&](const std::string& what) {
    return Outcome{{},
                   quote_name(entry.name) + ": " + quote_name(entry.source) + " of shape " +
                       tensor::shape_text(source.shape) + " " + what};
  };
  if (entry.rows) {
    const auto [begin, end] = *entry.rows;
    if (shape.empty() || begin < 0 || begin > end || end > shape[0]) {
      return problem("has no rows " + std::to_string(begin) + " to " + std::to_string(end));
    }
    if (shape[0] > 0) info.bytes = info.bytes / static_cast<uint64_t>(shape[0]) * (end - begin);
    shape[0] = end - begin;
  }
  if (entry.drop_unit_dims && shape.size() > 2) {
    if (std::any_of(shape.begin() + 2, shape.end(), [](int64_t length) { return length != 1; }))
      return problem("does not end in dimensions of 1");
    shape.resize(2);
  }
  if (entry.transpose) {
    if (shape.size() != 2) return problem("is no matrix to transpose");
    std::swap(shape[0], shape[1]);
  }
  return {std::move(info), ""};
}

TensorIndex index_of(const TensorFile& file, const std::vector<ViewEntry>& entries) {
  std::vector<TensorInfo> infos;
  std::vector<std::string> missing, impossible;
  infos.reserve(entries.size());
  for (const ViewEntry& entry : entries) {
    const TensorInfo* source = file.index().find(entry.source);
    if (!source) {
      missing.push_back(quote_name(entry.source));
      continue;
    }
    Outcome outcome = apply(entry, *source);
    if (!outcome.problem.empty()) impossible.push_back(std::move(outcome.problem));
    infos.push_back(std::move(outcome.info));
  }
  std::string problems;
  add_problems(problems, "missing", missing);
  add_problems(problems, "impossible", impossible);
  if (!problems.empty()) {
    throw Error(ErrorKind::kCorrupt,
                "[" + file.where() + "] does not have the layout it was taken for: " + problems);
  }
  return TensorIndex(std::move(infos), file.index().metadata(), file.where());
}

}  // namespace

TensorView::TensorView(std::shared_ptr<const TensorFile> file, std::vector<ViewEntry> entries)
    : file_(std::move(file)), entries_(std::move(entries)), index_(index_of(*file_, entries_)) {}

torch::Tensor TensorView::read_numbers(const TensorInfo& info) const {
  // The index keeps the order of the entries.
  const ViewEntry& entry = entries_[static_cast<size_t>(&info - index_.tensors().data())];
  torch::Tensor tensor = file_->read(entry.source);
  if (entry.rows) tensor = tensor.slice(0, entry.rows->first, entry.rows->second);
  if (entry.drop_unit_dims && tensor.dim() > 2)
    tensor = tensor.flatten(1);  // the dropped dimensions are all 1
  return entry.transpose ? tensor.t() : tensor;
}

}  // namespace lienzo::weights
