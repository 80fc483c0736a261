#include "lienzo/base/error.h"
#include "lienzo/jobs/job_store.h"
#include "lienzo/jobs/postgres_database.h"
#include "lienzo/jobs/sql_store.h"
#include "lienzo/jobs/sqlite_database.h"

namespace lienzo::jobs {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSqlitePoll{200};
constexpr milliseconds kPostgresPoll{900};  // only where the listener lost its connection

}  // namespace

std::unique_ptr<JobStore> open_job_store(const std::string& where, int most_losses) {
  if (where.starts_with("postgresql://") || where.starts_with("postgres://"))
    return std::make_unique<SqlStore>(open_postgres(where), kPostgresPoll, most_losses);
  constexpr std::string_view kSqlite = "sqlite:";
  const std::string file = where.starts_with(kSqlite) ? where.substr(kSqlite.size()) : where;
  if (file.empty()) {
    throw Error(ErrorKind::kInvalidInput,
                "[jobs] no place for the jobs, expected the path of a file or "
                "postgresql://user@host/name");
  }
  return std::make_unique<SqlStore>(open_sqlite(file), kSqlitePoll, most_losses);
}

}  // namespace lienzo::jobs
