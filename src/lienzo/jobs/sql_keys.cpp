#include <fmt/format.h>

#include "lienzo/base/error.h"
#include "lienzo/jobs/rows.h"
#include "lienzo/jobs/sql_store.h"

namespace lienzo::jobs {
namespace {

constexpr Millis kTouchEvery = 60 * 1000;

}  // namespace

void SqlStore::add_key(const ApiKey& key) {
  check_text(key.id, "id of a key");
  check_text(key.name, "name of a key");
  check_text(key.hash, "hash of a key");
  const bool added = write([&](Transaction& tx) {
    return !tx.run(fmt::format("INSERT INTO keys ({}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
                               "$10, $11) ON CONFLICT (id) DO NOTHING RETURNING id",
                               kKeyColumns),
                   {key.id,
                    key.name,
                    key.hash,
                    tag_lines(key.scopes),
                    key.created != 0 ? key.created : tx.now(),
                    value_of(key.expires),
                    value_of(key.revoked),
                    value_of(key.last_used),
                    int64_t{key.requests_per_minute},
                    int64_t{key.queued},
                    key.largest_cost})
                .empty();
  });
  if (!added) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[jobs] there is a key {} already; make another one", key.id));
  }
}

std::optional<ApiKey> SqlStore::find_key(const std::string& id) {
  return read([&](Transaction& tx) -> std::optional<ApiKey> {
    const Rows rows =
        tx.run(fmt::format("SELECT {} FROM keys WHERE id = $1", kKeyColumns), {storable_text(id)});
    if (rows.empty()) return std::nullopt;
    return key_from_row(rows[0]);
  });
}

std::vector<ApiKey> SqlStore::list_keys() {
  return read([&](Transaction& tx) {
    std::vector<ApiKey> keys;
    for (const Values& row :
         tx.run(fmt::format("SELECT {} FROM keys ORDER BY created, id", kKeyColumns))) {
      keys.push_back(key_from_row(row));
    }
    return keys;
  });
}

bool SqlStore::revoke_key(const std::string& id) {
  return write([&](Transaction& tx) {
    return !tx.run("UPDATE keys SET revoked = coalesce(revoked, $2) WHERE id = $1 RETURNING id",
                   {storable_text(id), tx.now()})
                .empty();
  });
}

void SqlStore::touch_key(const std::string& id) {
  const std::string key = storable_text(id);
  const bool due = read([&](Transaction& tx) {
    return !tx.run("SELECT 1 FROM keys WHERE id = $1 AND (last_used IS NULL OR last_used < $2)",
                   {key, tx.now() - kTouchEvery})
                .empty();
  });
  if (!due) return;
  write([&](Transaction& tx) {
    tx.run("UPDATE keys SET last_used = $2 WHERE id = $1", {key, tx.now()});
    return true;
  });
}

}  // namespace lienzo::jobs
