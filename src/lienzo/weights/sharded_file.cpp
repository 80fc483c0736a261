#include "lienzo/weights/sharded_file.h"

#include <set>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/weights/files_of.h"
#include "lienzo/weights/open_tensor_file.h"
#include "lienzo/weights/problem_list.h"
#include "lienzo/weights/shard_index.h"

namespace lienzo::weights {

namespace {

namespace fs = std::filesystem;

std::set<std::string> shard_names(const ShardIndex& index) {
  std::set<std::string> names;
  for (const auto& [tensor, shard] : index.shard_of) names.insert(shard);
  return names;
}

void check_presence(const std::set<std::string>& names, const fs::path& index_path) {
  std::vector<std::string> absent;
  for (const std::string& name : names) {
    std::error_code ignored;
    if (!fs::exists(index_path.parent_path() / name, ignored)) absent.push_back(quote_name(name));
  }
  std::string problems;
  add_problems(problems, "of its files missing", absent);
  if (problems.empty()) return;
  throw Error(ErrorKind::kNotFound,
              "[" + index_path.string() + "] " + problems + "; download them into the same folder");
}

}  // namespace

ShardedFile ShardedFile::open(const fs::path& index_path) {
  const ShardIndex listed =
      parse_shard_index(read_text_file(index_path, kMaxShardIndexBytes), index_path.string());
  const std::set<std::string> names = shard_names(listed);
  check_presence(names, index_path);

  ShardedFile file;
  file.where_ = index_path.filename().string();
  std::vector<TensorInfo> tensors;
  std::vector<std::string> unlisted, missing;
  size_t agreeing = 0;
  for (const std::string& name : names) {
    file.shards_.push_back(open_single_tensor_file(index_path.parent_path() / name));
    for (const TensorInfo& info : file.shards_.back()->index().tensors()) {
      const auto entry = listed.shard_of.find(info.name);
      if (entry == listed.shard_of.end() || entry->second != name) {
        unlisted.push_back(quote_name(info.name) + " in " + quote_name(name));
        continue;
      }
      ++agreeing;
      tensors.push_back(info);
      file.shard_of_.push_back(file.shards_.size() - 1);
    }
  }
  file.index_ = TensorIndex(std::move(tensors), listed.metadata, index_path.string());
  if (agreeing != listed.shard_of.size()) {
    for (const auto& [tensor, shard] : listed.shard_of) {
      if (!file.index_.contains(tensor))
        missing.push_back(quote_name(tensor) + " in " + quote_name(shard));
    }
  }
  std::string problems;
  add_problems(problems, "missing", missing);
  add_problems(problems, "not listed", unlisted);
  if (!problems.empty()) {
    throw Error(ErrorKind::kCorrupt,
                "[" + index_path.string() + "] does not fit its files: " + problems +
                    "; check that all come from the same model");
  }
  return file;
}

std::vector<fs::path> ShardedFile::files() const { return files_of(shards_); }

torch::Tensor ShardedFile::read_numbers(const TensorInfo& info) const {
  const auto position = static_cast<size_t>(&info - index_.tensors().data());
  return shards_[shard_of_[position]]->read(info.name);
}

}  // namespace lienzo::weights
