#include <pqxx/connection>
#include <pqxx/nontransaction>

#include "postgres_server.h"
#include "store_test.h"

namespace lienzo::jobs {
namespace {

// One server for all tests of the program, ended by it.
class SharedServer final : public testing::Environment {
 public:
  void TearDown() override { server.reset(); }
  std::unique_ptr<PostgresServer> server;
};

SharedServer& shared =
    *static_cast<SharedServer*>(testing::AddGlobalTestEnvironment(new SharedServer));

}  // namespace

PostgresServer* StoreTest::postgres() {
  if (!shared.server) shared.server = PostgresServer::start();
  return shared.server.get();
}

void StoreTest::SetUp() {
  if (GetParam() == Kind::kSqlite) {
    where_ = "sqlite:" + (folder_ / "new/jobs.db").string();
  } else if (postgres() == nullptr) {
    GTEST_SKIP() << "PostgreSQL is not installed below /usr/lib/postgresql";
  } else {
    where_ = postgres()->url();
    pqxx::connection connection(where_);
    pqxx::nontransaction(connection)
        .exec("SET client_min_messages = error; DROP SCHEMA IF EXISTS lienzo CASCADE");
  }
  store_ = open_job_store(where_);
}

}  // namespace lienzo::jobs
