#include "lienzo/jobs/sqlite_database.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/jobs/schema.h"

namespace lienzo::jobs {
namespace {

namespace fs = std::filesystem;

constexpr int kPatience = 20'000;         // milliseconds that one waits for another process' write
constexpr size_t kMostStatements = 200;   // kept prepared per connection
constexpr int kApplication = 0x4c69656e;  // "Lien", in the file's header

struct Trouble {
  ErrorKind kind;
  const char* advice;
};

Trouble trouble_of(int code) {
  switch (code) {
    case SQLITE_FULL: return {ErrorKind::kIo, "; free some space on its disk"};
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorKind::kIo, "; choose a folder that can be written, or change its permissions"};
    case SQLITE_IOERR: return {ErrorKind::kIo, "; check that its disk is whole and has free space"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::kIo, "; another program holds it, try again or end that program"};
    case SQLITE_NOMEM: return {ErrorKind::kOutOfMemory, ""};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorKind::kCorrupt, "; bring back a copy, or move it away to begin anew"};
    default: return {ErrorKind::kInternal, ""};
  }
}

[[noreturn]] void rethrow(const fs::path& file, const SQLite::Exception& error) {
  const auto [kind, advice] = trouble_of(error.getErrorCode());
  throw Error(kind,
              fmt::format("[jobs] the database {}: {}{}", file.string(), error.what(), advice));
}

struct Connection {
  SQLite::Database database;
  std::unordered_map<std::string, SQLite::Statement> statements;

  explicit Connection(const fs::path& file)
      : database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kPatience) {
    use_write_ahead_log();
    database.exec("PRAGMA synchronous = FULL");
  }

  // The first to open a file changes it, and those who come in the middle of that are told "busy"
  // without having waited.
  void use_write_ahead_log() {
    for (int attempt = 0;; ++attempt) {
      const int code = database.tryExec("PRAGMA journal_mode = WAL");
      if (code == SQLITE_OK) return;
      if (code != SQLITE_BUSY || attempt == 1000) database.check(code);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  SQLite::Statement& prepared(const std::string& sql) {
    const auto found = statements.find(sql);
    if (found != statements.end()) return found->second;
    if (statements.size() >= kMostStatements) statements.clear();
    return statements.emplace(sql, SQLite::Statement(database, sql)).first->second;
  }
};

void bind_value(SQLite::Statement& statement, const std::string& name, const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return statement.bind(name, *number);
  if (const auto* number = std::get_if<double>(&value)) return statement.bind(name, *number);
  if (const auto* text = std::get_if<std::string>(&value)) return statement.bindNoCopy(name, *text);
  if (const auto* bytes = std::get_if<Bytes>(&value)) {
    return statement.bindNoCopy(name, bytes->data.data(), static_cast<int>(bytes->data.size()));
  }
  statement.bind(name);
}

Value value_of_column(const SQLite::Column& column) {
  switch (column.getType()) {
    case SQLITE_INTEGER: return column.getInt64();
    case SQLITE_FLOAT: return column.getDouble();
    case SQLITE_TEXT: return column.getString();
    case SQLITE_BLOB: return Bytes{column.getString()};
    default: return {};
  }
}

class SqliteTransaction final : public Transaction {
 public:
  explicit SqliteTransaction(Connection& connection) : connection_(connection) {}

  Rows run(const std::string& sql, const Values& values) override {
    SQLite::Statement& statement = connection_.prepared(sql);
    // A statement left in the middle would keep the transaction open.
    struct Reset {
      SQLite::Statement& statement;
      ~Reset() {
        statement.tryReset();
        statement.clearBindings();
      }
    } const reset{statement};
    for (size_t i = 0; i < values.size(); ++i)
      bind_value(statement, fmt::format("${}", i + 1), values[i]);
    Rows rows;
    while (statement.executeStep()) {
      Values row;
      for (int i = 0; i < statement.getColumnCount(); ++i)
        row.push_back(value_of_column(statement.getColumn(i)));
      rows.push_back(std::move(row));
    }
    return rows;
  }

  Millis now() override {
    using std::chrono::milliseconds, std::chrono::system_clock;
    return std::chrono::duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  }

  void announce(int64_t change) override { announced = change; }

  std::optional<int64_t> announced;

 private:
  Connection& connection_;
};

/// Many connections that read, and one transaction at a time that writes.
class SqliteDatabase final : public Database {
 public:
  explicit SqliteDatabase(fs::path file) : file_(std::move(file)) {
    try {
      give(migrated(std::make_unique<Connection>(file_)));
    } catch (const SQLite::Exception& error) {
      rethrow(file_, error);
    }
  }

  void transact(Access access, const std::function<void(Transaction&)>& body) override {
    // Threads of this process queue here, where they are woken, and not in SQLite, where they poll.
    std::unique_lock<std::mutex> writing(write_mutex_, std::defer_lock);
    if (access == Access::kWrite) writing.lock();
    try {
      std::unique_ptr<Connection> connection = take();
      std::optional<int64_t> announced;
      try {
        connection->database.exec(access == Access::kWrite ? "BEGIN IMMEDIATE" : "BEGIN");
        SqliteTransaction transaction(*connection);
        body(transaction);
        connection->database.exec("COMMIT");
        announced = transaction.announced;
      } catch (const Error&) {
        if (connection->database.tryExec("ROLLBACK") == SQLITE_OK) give(std::move(connection));
        throw;
      }
      // After another exception the connection is closed, which undoes the transaction.
      give(std::move(connection));
      if (announced) changes_.raise(*announced);
    } catch (const SQLite::Exception& error) {
      rethrow(file_, error);
    }
  }

  // Whoever writes is alone.
  std::string lock(std::string_view) const override { return {}; }
  std::string lock_free_ones(std::string_view) const override { return {}; }
  std::string_view position_function() const override { return "instr"; }

 private:
  std::unique_ptr<Connection> migrated(std::unique_ptr<Connection> connection) {
    SQLite::Database& database = connection->database;
    const auto pragma = [&](const char* name) {
      return database.execAndGet(fmt::format("PRAGMA {}", name)).getInt();
    };
    database.exec("BEGIN IMMEDIATE");  // the others wait for who migrates
    const int version = pragma("user_version");
    const int newest = static_cast<int>(migrations().size());
    const bool ours = pragma("application_id") == kApplication;
    const bool empty = database.execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0;
    if (!ours && !empty) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[jobs] {} is the database of another program; choose another file",
                              file_.string()));
    }
    if (version > newest) {
      throw Error(ErrorKind::kUnsupported,
                  fmt::format("[jobs] {} has tables of version {}, expected at most {}: a newer "
                              "lienzo wrote it; use that one",
                              file_.string(),
                              version,
                              newest));
    }
    for (int i = version; i < newest; ++i) database.exec(std::string(migrations()[i]));
    database.exec(fmt::format(
        "PRAGMA user_version = {}; PRAGMA application_id = {}; COMMIT", newest, kApplication));
    return connection;
  }

  std::unique_ptr<Connection> take() {
    {
      const std::lock_guard lock(pool_mutex_);
      if (!pool_.empty()) {
        std::unique_ptr<Connection> connection = std::move(pool_.back());
        pool_.pop_back();
        return connection;
      }
    }
    return std::make_unique<Connection>(file_);
  }

  void give(std::unique_ptr<Connection> connection) {
    const std::lock_guard lock(pool_mutex_);
    pool_.push_back(std::move(connection));
  }

  fs::path file_;
  std::mutex write_mutex_;
  std::mutex pool_mutex_;
  std::vector<std::unique_ptr<Connection>> pool_;  // those nobody uses
};

}  // namespace

std::unique_ptr<Database> open_sqlite(const fs::path& file) {
  std::error_code problem;
  if (file.has_parent_path()) fs::create_directories(file.parent_path(), problem);
  if (problem) {
    throw Error(ErrorKind::kIo,
                fmt::format("[jobs] cannot make the folder {}: {}; choose another place for the "
                            "database",
                            file.parent_path().string(),
                            problem.message()));
  }
  return std::make_unique<SqliteDatabase>(file);
}

}  // namespace lienzo::jobs
