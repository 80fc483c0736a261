#include "lienzo/jobs/rows.h"
#include "lienzo/jobs/sql_store.h"

namespace lienzo::jobs {

std::map<std::string, std::string> SqlStore::settings(const std::string& owner) {
  return read([&](Transaction& tx) {
    std::map<std::string, std::string> settings;
    for (const Values& row :
         tx.run("SELECT name, value FROM settings WHERE owner = $1", {storable_text(owner)}))
      settings[text(row.at(0))] = text(row.at(1));
    return settings;
  });
}

void SqlStore::put_settings(const std::string& owner,
                            const std::map<std::string, std::string>& settings) {
  check_text(owner, "owner");
  for (const auto& [name, value] : settings) {
    check_text(name, "name of a setting");
    check_text(value, "setting");
  }
  write([&](Transaction& tx) {
    for (const auto& [name, value] : settings) {
      tx.run(
          "INSERT INTO settings (owner, name, value) VALUES ($1, $2, $3) ON CONFLICT (owner, name) "
          "DO UPDATE SET value = excluded.value",
          {owner, name, value});
    }
    return true;
  });
}

}  // namespace lienzo::jobs
