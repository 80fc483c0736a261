#include "lienzo/checkpoints/layouts/layout_table.h"

#include <torch/types.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/checkpoints/leftovers.h"

namespace lienzo::checkpoints {
namespace {

using weights::TensorFile;
using weights::TensorIndex;
using weights::TensorInfo;
using weights::ViewEntry;

/// `name`, then `name` without its last word, and so on: what entries may be called that fit it.
std::vector<std::string_view> scopes_of(std::string_view name) {
  std::vector<std::string_view> scopes = {name};
  for (size_t dot = name.rfind('.'); dot != std::string_view::npos;
       dot = name.rfind('.', dot - 1)) {
    scopes.push_back(name.substr(0, dot));
    if (dot == 0) break;
  }
  return scopes;
}

std::optional<int64_t> third_of(Change change) {
  if (change < Change::kFirstThird) return std::nullopt;
  return static_cast<int64_t>(change) - static_cast<int64_t>(Change::kFirstThird);
}

bool ends_in_units(const std::vector<int64_t>& shape) {
  return shape.size() > 2 &&
         std::all_of(shape.begin() + 2, shape.end(), [](int64_t length) { return length == 1; });
}

/// One tensor of a foreign file, made of one of ours or of three.
struct Recipe {
  Change change = Change::kNone;
  std::vector<const TensorInfo*> sources;
};

TensorInfo foreign_info(const std::string& name, const Recipe& recipe, const TensorFile& ours) {
  TensorInfo info;
  if (recipe.sources.front()) info = *recipe.sources.front();
  info.name = name;
  if (recipe.change == Change::kUnitDims && info.shape.size() == 2) {
    info.shape.insert(info.shape.end(), {1, 1});
  } else if (recipe.change == Change::kTransposed && info.shape.size() == 2) {
    std::swap(info.shape[0], info.shape[1]);
  } else if (third_of(recipe.change)) {
    bool alike = recipe.sources.size() == 3 && !info.shape.empty();
    for (const TensorInfo* source : recipe.sources)
      alike = alike && source && source->shape == info.shape && source->dtype == info.dtype;
    if (!alike) {
      throw Error(ErrorKind::kCorrupt,
                  "[" + ours.where() + "] cannot make " + weights::quote_name(name) +
                      ", which takes queries, keys and values of one shape and type");
    }
    info.shape[0] *= 3;
    info.bytes *= 3;
  }
  return info;
}

class ForeignFile final : public TensorFile {
 public:
  ForeignFile(std::shared_ptr<const TensorFile> ours,
              const std::vector<std::pair<std::string, Recipe>>& recipes)
      : ours_(std::move(ours)) {
    std::vector<TensorInfo> infos;
    for (const auto& [name, recipe] : recipes) {
      infos.push_back(foreign_info(name, recipe, *ours_));
      recipes_.push_back(recipe);
    }
    index_ = TensorIndex(std::move(infos), ours_->index().metadata(), ours_->where());
  }
  const TensorIndex& index() const override { return index_; }
  std::string where() const override { return ours_->where(); }
  std::vector<std::filesystem::path> files() const override { return ours_->files(); }

 protected:
  torch::Tensor read_numbers(const TensorInfo& info) const override {
    const Recipe& recipe = recipes_[static_cast<size_t>(&info - index_.tensors().data())];
    std::vector<torch::Tensor> tensors;
    for (const TensorInfo* source : recipe.sources) tensors.push_back(ours_->read(source->name));
    if (tensors.size() > 1) return torch::cat(tensors);
    if (recipe.change == Change::kTransposed) return tensors.front().t();
    return tensors.front().view(info.shape);
  }

 private:
  std::shared_ptr<const TensorFile> ours_;
  TensorIndex index_;
  std::vector<Recipe> recipes_;  // in the order of the index
};

}  // namespace

LayoutTable::LayoutTable(std::vector<LayoutEntry> entries) : entries_(std::move(entries)) {
  for (size_t i = 0; i < entries_.size(); ++i) {
    by_foreign_.emplace(entries_[i].foreign, i);
    if (!entries_[i].ours.empty()) by_ours_.emplace(entries_[i].ours, i);
  }
}

std::vector<ViewEntry> LayoutTable::view_of(const TensorIndex& foreign,
                                            std::string_view prefix) const {
  std::vector<ViewEntry> view;
  for (const TensorInfo& tensor : foreign.tensors()) {
    if (!tensor.name.starts_with(prefix) || is_leftover(tensor.name)) continue;
    const std::string rest = tensor.name.substr(prefix.size());
    bool known = false;
    for (const std::string_view scope : scopes_of(rest)) {
      const auto [begin, end] = by_foreign_.equal_range(scope);
      if (begin == end) continue;
      known = true;
      for (auto match = begin; match != end; ++match) {
        const LayoutEntry& entry = entries_[match->second];
        if (entry.ours.empty()) continue;
        ViewEntry shown{.name = entry.ours + rest.substr(scope.size()), .source = tensor.name};
        // A tensor of another shape is left as it is, so that load_strict can tell that shape.
        shown.drop_unit_dims = entry.change == Change::kUnitDims && ends_in_units(tensor.shape);
        shown.transpose = entry.change == Change::kTransposed && tensor.shape.size() == 2;
        const auto third = third_of(entry.change);
        if (third && !tensor.shape.empty() && tensor.shape[0] % 3 == 0) {
          const int64_t rows = tensor.shape[0] / 3;
          shown.rows = {*third * rows, (*third + 1) * rows};
        }
        view.push_back(std::move(shown));
      }
      break;
    }
    if (!known) view.push_back({.name = rest, .source = tensor.name});
  }
  return view;
}

std::unique_ptr<TensorFile> LayoutTable::foreign_file(std::shared_ptr<const TensorFile> ours,
                                                      std::string_view prefix) const {
  std::vector<std::pair<std::string, Recipe>> recipes;
  for (const TensorInfo& tensor : ours->index().tensors()) {
    std::string name = tensor.name;
    Recipe recipe{Change::kNone, {&tensor}};
    for (const std::string_view scope : scopes_of(tensor.name)) {
      const auto match = by_ours_.find(scope);
      if (match == by_ours_.end()) continue;
      const LayoutEntry& entry = entries_[match->second];
      name = entry.foreign + tensor.name.substr(scope.size());
      recipe.change = entry.change;
      if (!third_of(entry.change)) break;
      // The first of three brings the others, which are then passed over.
      const auto [begin, end] = by_foreign_.equal_range(entry.foreign);
      recipe.sources.clear();
      for (auto third = begin; third != end; ++third)
        recipe.sources.push_back(ours->index().find(entries_[third->second].ours));
      if (recipe.sources.front() && entry.change != Change::kFirstThird) recipe.sources.clear();
      break;
    }
    if (!recipe.sources.empty())
      recipes.emplace_back(std::string(prefix) + name, std::move(recipe));
  }
  return std::make_unique<ForeignFile>(std::move(ours), recipes);
}

}  // namespace lienzo::checkpoints
