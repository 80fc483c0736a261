#pragma once

#include <exception>
#include <pqxx/connection>
#include <pqxx/errorhandler>
#include <string>

namespace lienzo::jobs {

/// A session with a PostgreSQL server, with the tables of the schema "lienzo" in sight. Never
/// reconnects by itself and prints nothing.
class PostgresConnection {
 public:
  /// Throws pqxx::broken_connection where it cannot connect.
  explicit PostgresConnection(const std::string& url);

  pqxx::connection& get() { return connection_; }
  /// Whether it will not serve any more, after `error`.
  bool is_lost(const std::exception& error) const;

 private:
  pqxx::connection connection_;
  pqxx::quiet_errorhandler quiet_{connection_};
};

/// Throws `error`, which libpqxx threw, as an Error with advice.
[[noreturn]] void rethrow_postgres(const std::exception& error);

}  // namespace lienzo::jobs
