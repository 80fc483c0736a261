#include "lienzo/base/digest_cache.h"

#include <gtest/gtest.h>

#include <fstream>

#include "expect_error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/hash.h"
#include "lienzo/base/json.h"

namespace lienzo {
namespace {

namespace fs = std::filesystem;

class DigestCache : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    write_file_atomic(file_, "one");
  }
  void TearDown() override { fs::remove_all(folder_); }

  // Of each test its own: they run side by side.
  fs::path folder_ = fs::path(testing::TempDir()) /
                     (std::string("lienzo_digest_") +
                      testing::UnitTest::GetInstance()->current_test_info()->name());
  fs::path file_ = folder_ / "weights", cache_ = folder_ / "new" / "digests.json";
};

TEST_F(DigestCache, RemembersUntilTheFileChanges) {
  const std::string digest = cached_sha256(file_, cache_);
  EXPECT_EQ(digest, sha256_file(file_));
  // A planted answer shows that the file is not read again.
  Json known = Json::parse(read_text_file(cache_));
  const std::string planted(64, 'a');
  known.begin().value()["sha256"] = planted;
  write_file_atomic(cache_, known.dump());
  EXPECT_EQ(cached_sha256(file_, cache_), planted);
  write_file_atomic(file_, "longer");
  EXPECT_EQ(cached_sha256(file_, cache_), sha256_file(file_));
}

TEST_F(DigestCache, SurvivesADamagedOrImpossibleCache) {
  fs::create_directories(cache_.parent_path());
  for (const char* damage : {"{", "[]", "null", "{\"x\":1}"}) {
    write_file_atomic(cache_, damage);
    EXPECT_EQ(cached_sha256(file_, cache_), sha256_file(file_)) << damage;
  }
  EXPECT_EQ(cached_sha256(file_, "/proc/nothing/digests.json"), sha256_file(file_));
  EXPECT_EQ(cached_sha256(file_, {}), sha256_file(file_));
  EXPECT_THROW(cached_sha256(folder_ / "absent", cache_), Error);
}

}  // namespace
}  // namespace lienzo
