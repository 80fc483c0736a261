#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace lienzo::weights {

/// What an index of shards says: a model whose tensors lie in several files.
struct ShardIndex {
  std::map<std::string, std::string> shard_of;  // tensor -> name of a file in the same folder
  std::map<std::string, std::string> metadata;  // numbers and texts: "total_size"
};

inline constexpr size_t kMaxShardIndexBytes = size_t{64} << 20;
inline constexpr size_t kMaxShards = 4096;

/// Reads the text of a `*.safetensors.index.json` or `*.bin.index.json`. Only plain file names are
/// accepted for shards, so that no index can lead out of its folder. Other keys than `weight_map`
/// and `metadata` are passed over.
///
/// Throws kCorrupt, naming `where`, for what is not such an index. Source:
/// huggingface/transformers, src/transformers/modeling_utils.py (get_checkpoint_shard_files).
ShardIndex parse_shard_index(std::string_view text, std::string_view where);

}  // namespace lienzo::weights
