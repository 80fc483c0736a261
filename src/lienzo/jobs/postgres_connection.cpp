#include "lienzo/jobs/postgres_connection.h"

#include <fmt/format.h>

#include <pqxx/except>
#include <pqxx/nontransaction>

#include "lienzo/base/error.h"

namespace lienzo::jobs {
namespace {

std::string with_default(std::string url, const std::string& key, const std::string& value) {
  if (url.find(key + "=") != std::string::npos) return url;
  url += url.find('?') == std::string::npos ? '?' : '&';
  return url + key + "=" + value;
}

// SQLSTATE, postgresql.org/docs/15/errcodes-appendix.html; empty where there is none.
std::string state_of(const std::exception& error) {
  const auto* sql = dynamic_cast<const pqxx::sql_error*>(&error);
  return sql != nullptr ? sql->sqlstate() : std::string();
}

}  // namespace

PostgresConnection::PostgresConnection(const std::string& url)
    : connection_(
          with_default(with_default(url, "connect_timeout", "10"), "application_name", "lienzo")) {
  pqxx::nontransaction session(connection_);
  session.exec("SET client_min_messages = error; SET search_path = lienzo");
  // Otherwise libpqxx would connect anew in the middle of a transaction and go on without it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection_.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

bool PostgresConnection::is_lost(const std::exception& error) const {
  // 57P01 to 57P05: the server is being stopped, crashed, or is starting.
  return dynamic_cast<const pqxx::broken_connection*>(&error) != nullptr ||
         !connection_.is_open() || state_of(error).starts_with("57P");
}

void rethrow_postgres(const std::exception& error) {
  const std::string state = state_of(error);
  const auto fail = [&](ErrorKind kind, const char* advice) {
    std::string reason = error.what();
    while (reason.ends_with('\n')) reason.pop_back();
    throw Error(kind, fmt::format("[jobs] PostgreSQL: {}{}", reason, advice));
  };
  if (dynamic_cast<const pqxx::broken_connection*>(&error) != nullptr || state.starts_with("57P") ||
      state.starts_with("08")) {
    fail(ErrorKind::kIo, "; check that the server runs and that the address is right");
  }
  if (dynamic_cast<const pqxx::insufficient_resources*>(&error) != nullptr)
    fail(ErrorKind::kIo, "; the server is short of disk, memory or connections");
  const bool forbidden = dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr;
  if (forbidden || state == "25006")  // 25006: a server that only reads
    fail(ErrorKind::kIo, "; give this user the right to write and to create the schema lienzo");
  if (state.starts_with("XX0")) fail(ErrorKind::kCorrupt, "; bring back a copy");
  fail(ErrorKind::kInternal, "");
  std::terminate();  // not reached
}

}  // namespace lienzo::jobs
