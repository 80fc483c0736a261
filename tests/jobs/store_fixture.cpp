#include "store_test.h"

namespace lienzo::jobs {

void StoreTest::SetUp() {
  if (GetParam() == Kind::kPostgreSql) GTEST_SKIP() << "not yet";
  where_ = "sqlite:" + (folder_ / "new/jobs.db").string();
  store_ = open_job_store(where_);
}

}  // namespace lienzo::jobs
