#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lienzo/weights/tensor_file.h"
#include "lienzo/weights/tensor_view.h"

namespace lienzo::checkpoints {

/// How a tensor differs between the two layouts, beside its name.
enum class Change {
  kNone,
  kUnitDims,     // (rows, columns, 1, 1) there, a matrix here
  kTransposed,   // (columns, rows) there
  kFirstThird,   // there three are one, stacked by rows: queries...
  kSecondThird,  // ...keys...
  kLastThird,    // ...and values
};

/// A name in a foreign layout and ours: of one tensor, or of a scope, whose tensors are called the
/// same below it. Without `ours` the network does not read it.
struct LayoutEntry {
  std::string foreign;
  std::string ours;
  Change change = Change::kNone;
};

/// One network's names in a foreign layout. The longest entry that fits a name counts; a name that
/// none fits is the same in both layouts.
class LayoutTable {
 public:
  explicit LayoutTable(std::vector<LayoutEntry> entries);

  /// What of a foreign file a network reads, as entries for weights::TensorView: every tensor below
  /// `prefix` that is no leftover (leftovers.h) under our name. Nothing is missing or superfluous
  /// here: load_strict judges that.
  std::vector<weights::ViewEntry> view_of(const weights::TensorIndex& foreign,
                                          std::string_view prefix) const;

  /// The other way: `ours` as a foreign file whose names begin with `prefix`. Nothing is computed
  /// before a tensor is read. Throws kCorrupt when one of three tensors that are one there is
  /// missing or of another shape or type.
  std::unique_ptr<weights::TensorFile> foreign_file(std::shared_ptr<const weights::TensorFile> ours,
                                                    std::string_view prefix) const;

 private:
  std::vector<LayoutEntry> entries_;
  std::multimap<std::string, size_t, std::less<>> by_foreign_;  // positions in entries_
  std::map<std::string, size_t, std::less<>> by_ours_;
};

}  // namespace lienzo::checkpoints
