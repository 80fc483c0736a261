// The seeds of the fuzz targets, which builds without clang do not run.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <set>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/weights/byte_reader.h"
#include "lienzo/weights/gguf_header.h"
#include "lienzo/weights/pickle.h"
#include "lienzo/weights/shard_index.h"
#include "lienzo/weights/torch_contents.h"

namespace lienzo::weights {
namespace {

/// Reads every seed of a target and returns the names of those that were refused.
std::set<std::string> refused(const std::string& target,
                              const std::function<void(std::span<const std::byte>)>& read) {
  std::set<std::string> names;
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(LIENZO_TEST_DATA "/fuzz/corpus/" + target)) {
    const MappedFile file(entry.path());
    try {
      read(file.bytes());
    } catch (const Error& error) {
      names.insert(entry.path().filename());
    }
    ++files;
  }
  EXPECT_GE(files, 3) << target;
  return names;
}

TEST(FuzzCorpus, IsReadOrRefused) {
  using Names = std::set<std::string>;
  EXPECT_EQ(refused("torch_file", [](auto bytes) { parse_torch_file(bytes, "seed"); }), Names{});
  EXPECT_EQ(refused("gguf", [](auto bytes) { parse_gguf_header(bytes, "seed"); }), Names{});
  EXPECT_EQ(refused("pickle", [](auto bytes) { parse_pickle(bytes, "seed"); }), Names{"module"});
  EXPECT_EQ(refused("shard_index", [](auto bytes) { parse_shard_index(as_text(bytes), "seed"); }),
            (Names{"empty", "upwards"}));
}

}  // namespace
}  // namespace lienzo::weights
