#include "lienzo/jobs/postgres_listener.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <charconv>
#include <pqxx/nontransaction>
#include <pqxx/notification>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/base/log.h"
#include "lienzo/jobs/postgres_connection.h"

namespace lienzo::jobs {
namespace {

constexpr int kBetweenAttempts = 1000;  // milliseconds
constexpr int kSignOfLife = 30'000;     // after so long without news the connection is tried

class Receiver final : public pqxx::notification_receiver {
 public:
  Receiver(pqxx::connection_base& connection, ChangeSignal& changes)
      : notification_receiver(connection, kChannel), changes_(changes) {}

  void operator()(const std::string& payload, int) override {
    int64_t change = 0;
    std::from_chars(payload.data(), payload.data() + payload.size(), change);
    changes_.raise(change);
  }

 private:
  ChangeSignal& changes_;
};

// libpqxx hands out no news while a transaction lives.
int64_t latest_change(pqxx::connection& connection) {
  pqxx::nontransaction session(connection);
  return session.exec1("SELECT change FROM store")[0].as<int64_t>();
}

}  // namespace

PostgresListener::PostgresListener(std::string url, ChangeSignal& changes)
    : url_(std::move(url)), changes_(changes), stop_(::eventfd(0, EFD_CLOEXEC)) {
  if (stop_ < 0) throw Error(ErrorKind::kIo, "[jobs] no file descriptors are left; allow more");
  thread_ = std::thread([this] { run(); });
}

PostgresListener::~PostgresListener() {
  ::eventfd_write(stop_, 1);
  thread_.join();
  ::close(stop_);
}

void PostgresListener::run() {
  do {
    try {
      listen();
      return;
    } catch (const std::exception& error) {
      log(LogLevel::kDebug, fmt::format("[jobs] lost the news of PostgreSQL: {}", error.what()));
    }
  } while (!wait(-1, kBetweenAttempts));
}

void PostgresListener::listen() {
  PostgresConnection connection(url_);
  Receiver receiver(connection.get(), changes_);
  while (true) {
    // At first and now and then: what was missed before, and whether the server is there still.
    changes_.raise(latest_change(connection.get()));
    bool quiet = false;
    while (!quiet) {
      if (wait(connection.get().sock(), kSignOfLife)) return;
      quiet = connection.get().get_notifs() == 0;
    }
  }
}

bool PostgresListener::wait(int socket, int milliseconds) const {
  pollfd files[] = {{stop_, POLLIN, 0}, {socket, POLLIN, 0}};
  ::poll(files, socket < 0 ? 1 : 2, milliseconds);
  return (files[0].revents & POLLIN) != 0;
}

}  // namespace lienzo::jobs
