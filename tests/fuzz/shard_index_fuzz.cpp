// Feeds arbitrary bytes to the reader of indexes of shards. It must either refuse them or name only
// files that lie beside the index.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "lienzo/base/error.h"
#include "lienzo/weights/shard_index.h"

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto index = lienzo::weights::parse_shard_index(
        std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
    require(!index.shard_of.empty());
    for (const auto& [tensor, shard] : index.shard_of) {
      const std::filesystem::path path(shard);
      require(!path.empty() && path.filename() == path && path != "." && path != "..");
    }
  } catch (const lienzo::Error& error) {
    require(error.kind() == lienzo::ErrorKind::kCorrupt);
  }
  return 0;
}
