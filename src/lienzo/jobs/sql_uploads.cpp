#include "lienzo/jobs/rows.h"
#include "lienzo/jobs/sql_store.h"

namespace lienzo::jobs {

void SqlStore::add_upload(const std::string& owner, const std::string& file) {
  check_text(owner, "owner");
  check_text(file, "name of an upload");
  write([&](Transaction& tx) {
    tx.run(
        "INSERT INTO uploads (owner, file, created) VALUES ($1, $2, $3) ON CONFLICT (file, owner) "
        "DO UPDATE SET created = excluded.created",
        {owner, file, tx.now()});
    return true;
  });
}

bool SqlStore::has_upload(const std::string& owner, const std::string& file) {
  Statement query("SELECT 1 FROM uploads WHERE file = ");
  query.bind(Value(storable_text(file)));
  if (!owner.empty()) query.add(" AND owner = ").bind(Value(storable_text(owner)));
  query.add(" UNION ALL SELECT 1 FROM inputs JOIN jobs ON jobs.id = inputs.job WHERE file = $1");
  if (!owner.empty()) query.add(" AND owner = $2");
  query.add(" LIMIT 1");
  return read([&](Transaction& tx) { return !tx.run(query.sql, query.values).empty(); });
}

int SqlStore::expire_uploads(Millis older_than) {
  return write([&](Transaction& tx) {
    const Rows gone = tx.run(
        "DELETE FROM uploads WHERE created < $1 AND NOT EXISTS (SELECT 1 FROM inputs WHERE "
        "inputs.file = uploads.file) RETURNING file",
        {older_than});
    return static_cast<int>(gone.size());
  });
}

}  // namespace lienzo::jobs
