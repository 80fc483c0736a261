#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lienzo/jobs/change_signal.h"
#include "lienzo/jobs/job.h"

namespace lienzo::jobs {

/// Bytes that are not text.
struct Bytes {
  std::string data;
};

/// What a database keeps in a field; monostate is NULL.
using Value = std::variant<std::monostate, int64_t, double, std::string, Bytes>;
using Values = std::vector<Value>;
using Rows = std::vector<Values>;

/// A transaction that runs. Statements are written in the SQL that SQLite and PostgreSQL share,
/// with parameters $1, $2, ...; where the two differ, Database says how.
class Transaction {
 public:
  virtual ~Transaction() = default;
  /// Every row that the statement gives.
  virtual Rows run(const std::string& sql, const Values& values = {}) = 0;
  /// By the one clock that all users of the database share.
  virtual Millis now() = 0;
  /// Tells those who wait, here and in other processes, once the transaction is committed.
  virtual void announce(int64_t change) = 0;
};

/// A database that JobStore's tables live in. Safe from any thread.
class Database {
 public:
  enum class Access { kRead, kWrite };

  virtual ~Database() = default;
  /// Runs `body` in a transaction and commits it; what `body` throws undoes it. `body` may run more
  /// than once, when the connection broke or the database asks for another try. Throws Error: kIo
  /// (cannot be reached or written, busy; then perhaps CommitInDoubt), kCorrupt, kInternal.
  virtual void transact(Access access, const std::function<void(Transaction&)>& body) = 0;

  /// What follows a SELECT of rows of `table` that are to be changed: others wait for them.
  virtual std::string lock(std::string_view table) const = 0;
  /// The same, but rows that others have locked are left out.
  virtual std::string lock_free_ones(std::string_view table) const = 0;
  /// The function that finds a text (its second argument) in another; 0: not there.
  virtual std::string_view position_function() const = 0;

  ChangeSignal& changes() { return changes_; }

 protected:
  ChangeSignal changes_;
};

}  // namespace lienzo::jobs
