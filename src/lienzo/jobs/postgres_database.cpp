#include "lienzo/jobs/postgres_database.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <pqxx/binarystring>
#include <pqxx/except>
#include <pqxx/result_iterator.hxx>
#include <pqxx/transaction>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/jobs/commit_in_doubt.h"
#include "lienzo/jobs/postgres_connection.h"
#include "lienzo/jobs/postgres_listener.h"
#include "lienzo/jobs/schema.h"

namespace lienzo::jobs {
namespace {

constexpr size_t kMostConnections = 8;
constexpr int kMostTries = 10;  // of a transaction that the server asks to repeat
constexpr int64_t kMigrationLock = 0x6c69656e7a6f;  // "lienzo"

// As the server reads it; nothing for NULL.
std::optional<std::string> parameter(const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{:.17g}", *number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* bytes = std::get_if<Bytes>(&value)) {
    std::string hex = "\\x";
    for (const unsigned char byte : bytes->data) hex += fmt::format("{:02x}", byte);
    return hex;
  }
  return std::nullopt;
}

Value value_of_field(const pqxx::field& field) {
  if (field.is_null()) return {};
  switch (field.type()) {  // pg_type.dat
    case 20:               // bigint
    case 21:               // smallint
    case 23: return field.as<int64_t>();
    case 700:  // real
    case 701:  // double precision
    case 1700: return field.as<double>();
    case 17: return Bytes{pqxx::binarystring(field).str()};
    default: return std::string(field.c_str(), field.size());
  }
}

class PostgresTransaction final : public Transaction {
 public:
  explicit PostgresTransaction(pqxx::transaction_base& transaction) : transaction_(transaction) {}

  Rows run(const std::string& sql, const Values& values) override {
    std::vector<std::optional<std::string>> texts;
    texts.reserve(values.size());
    for (const Value& value : values) texts.push_back(parameter(value));
    std::vector<const char*> parameters;
    parameters.reserve(texts.size());
    for (const auto& text : texts) parameters.push_back(text ? text->c_str() : nullptr);
    const pqxx::result result =
        transaction_.exec_params(sql, pqxx::prepare::make_dynamic_params(parameters));
    Rows rows;
    for (const pqxx::row& found : result) {
      Values row;
      for (const pqxx::field& field : found) row.push_back(value_of_field(field));
      rows.push_back(std::move(row));
    }
    return rows;
  }

  /// Several statements.
  void run_script(std::string_view script) { transaction_.exec(std::string(script)); }

  // One clock for however many machines.
  Millis now() override {
    if (!now_) {
      const std::string query = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
      now_ = transaction_.exec1(query)[0].as<int64_t>();
    }
    return *now_;
  }

  void announce(int64_t change) override { announced = change; }

  std::optional<int64_t> announced;

 private:
  pqxx::transaction_base& transaction_;
  std::optional<Millis> now_;
};

// A transaction that writes sees, after it has waited for a lock, what the others wrote; one that
// reads sees one moment.
using Writing = pqxx::transaction<pqxx::read_committed>;
using Reading = pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>;

class PostgresDatabase final : public Database {
 public:
  explicit PostgresDatabase(std::string url) : url_(std::move(url)) {
    migrate();
    listener_ = std::make_unique<PostgresListener>(url_, changes_);
  }

  void transact(Access access, const std::function<void(Transaction&)>& body) override {
    for (int attempt = 1;; ++attempt) {
      Slot slot(*this);
      bool committing = false;
      try {
        if (access == Access::kRead) {
          run<Reading>(slot.connection(), body, committing);
        } else {
          run<Writing>(slot.connection(), body, committing);
        }
        return;
      } catch (const Error&) {
        throw;
      } catch (const pqxx::pqxx_exception& problem) {
        const std::exception& error = problem.base();
        const bool lost = slot.is_lost(error);
        if (lost) forget_idle();
        const bool again = dynamic_cast<const pqxx::transaction_rollback*>(&error) != nullptr;
        // After a restart of the server all connections are lost, and a new one may be had.
        if (!committing && lost && attempt == 1) continue;
        if (!committing && again && attempt < kMostTries) continue;
        if (committing && (lost || dynamic_cast<const pqxx::in_doubt_error*>(&error) != nullptr)) {
          throw CommitInDoubt(
              "[jobs] PostgreSQL was lost in the middle of a commit, which may or may not have "
              "been done; look before trying again");
        }
        rethrow_postgres(error);
      }
    }
  }

  std::string lock(std::string_view table) const override {
    return fmt::format(" FOR UPDATE OF {}", table);
  }
  std::string lock_free_ones(std::string_view table) const override {
    return fmt::format(" FOR UPDATE OF {} SKIP LOCKED", table);
  }
  std::string_view position_function() const override { return "strpos"; }

 private:
  /// One of the connections, for as long as the object lives; at most so many at a time.
  class Slot {
   public:
    explicit Slot(PostgresDatabase& database) : database_(database) {
      std::unique_lock lock(database_.mutex_);
      database_.freed_.wait(lock, [&] { return database_.used_ < kMostConnections; });
      ++database_.used_;
      if (database_.idle_.empty()) return;
      connection_ = std::move(database_.idle_.back());
      database_.idle_.pop_back();
    }
    ~Slot() {
      {
        const std::lock_guard lock(database_.mutex_);
        --database_.used_;
        if (connection_) database_.idle_.push_back(std::move(connection_));
      }
      database_.freed_.notify_one();
    }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    pqxx::connection& connection() {
      if (!connection_) connection_ = std::make_unique<PostgresConnection>(database_.url_);
      return connection_->get();
    }
    /// Then it is closed, too.
    bool is_lost(const std::exception& error) {
      if (connection_ && !connection_->is_lost(error)) return false;
      connection_.reset();
      return true;
    }

   private:
    PostgresDatabase& database_;
    std::unique_ptr<PostgresConnection> connection_;
  };

  void forget_idle() {
    const std::lock_guard lock(mutex_);
    idle_.clear();
  }

  template <class Kind>
  void run(pqxx::connection& connection,
           const std::function<void(Transaction&)>& body,
           bool& committing) {
    Kind work(connection);
    PostgresTransaction transaction(work);
    body(transaction);
    if (transaction.announced) {
      transaction.run("SELECT pg_notify($1, $2)",
                      {std::string(kChannel), std::to_string(*transaction.announced)});
    }
    committing = true;
    work.commit();
    if (transaction.announced) changes_.raise(*transaction.announced);
  }

  void migrate() {
    transact(Access::kWrite, [](Transaction& transaction) {
      const auto number = [&](const std::string& query) {
        return std::get<int64_t>(transaction.run(query, {}).at(0).at(0));
      };
      transaction.run(fmt::format("SELECT pg_advisory_xact_lock({})", kMigrationLock), {});
      // Making it "if not exists" would ask for the right to make one.
      if (number("SELECT count(*) FROM pg_namespace WHERE nspname = 'lienzo'") == 0)
        transaction.run("CREATE SCHEMA lienzo", {});
      if (number("SELECT count(*) FROM pg_tables WHERE schemaname = 'lienzo' AND tablename = "
                 "'version'") == 0) {
        transaction.run("CREATE TABLE version (version BIGINT NOT NULL)", {});
        transaction.run("INSERT INTO version VALUES (0)", {});
      }
      const int64_t version = number("SELECT version FROM lienzo.version");
      const auto newest = static_cast<int64_t>(migrations().size());
      if (version > newest) {
        throw Error(ErrorKind::kUnsupported,
                    fmt::format("[jobs] the database has tables of version {}, expected at most "
                                "{}: a newer lienzo wrote it; use that one",
                                version,
                                newest));
      }
      if (version == newest) return;
      for (int64_t i = version; i < newest; ++i)
        static_cast<PostgresTransaction&>(transaction).run_script(migrations()[i]);
      transaction.run("UPDATE version SET version = $1", {newest});
    });
  }

  std::string url_;
  std::mutex mutex_;
  std::condition_variable freed_;
  size_t used_ = 0;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
  std::unique_ptr<PostgresListener> listener_;
};

}  // namespace

std::unique_ptr<Database> open_postgres(const std::string& url) {
  return std::make_unique<PostgresDatabase>(url);
}

}  // namespace lienzo::jobs
