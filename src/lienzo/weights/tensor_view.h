#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lienzo/weights/tensor_file.h"

namespace lienzo::weights {

/// One tensor of a TensorView: how it is cut out of a tensor of the file behind it. The steps apply
/// in the order of the fields.
struct ViewEntry {
  std::string name;    // in the view
  std::string source;  // in the file; several entries may share one
  /// Only rows [begin, end) of the first dimension: one part of a fused matrix.
  std::optional<std::pair<int64_t, int64_t>> rows = std::nullopt;
  /// (rows, columns) becomes (columns, rows).
  bool transpose = false;
  /// (rows, columns, 1...) becomes (rows, columns): a convolution that looks at one pixel, as the
  /// matrix that it is. Happens before the transposition. A matrix stays as it is, so that one
  /// table serves files of both habits.
  bool drop_unit_dims = false;
};

/// Another file under other names: what a table lists, and nothing else. Nothing is copied; a read
/// tensor is a view of the file's own and need not be contiguous. Each part of a quantised tensor
/// costs as much as the whole.
class TensorView final : public TensorFile {
 public:
  /// Throws kCorrupt naming every entry that the file cannot give: an absent source, rows beyond
  /// it, a transposition of what is no matrix, trailing dimensions that are not 1, a name twice.
  TensorView(std::shared_ptr<const TensorFile> file, std::vector<ViewEntry> entries);

  /// The entries in the order given, with their types, the shapes they result in and the size of
  /// their part; `offset` is that of the whole source. The metadata is the file's.
  const TensorIndex& index() const override { return index_; }
  std::string where() const override { return file_->where(); }
  std::vector<std::filesystem::path> files() const override { return file_->files(); }

 protected:
  torch::Tensor read_numbers(const TensorInfo& info) const override;

 private:
  std::shared_ptr<const TensorFile> file_;
  std::vector<ViewEntry> entries_;
  TensorIndex index_;
};

}  // namespace lienzo::weights
