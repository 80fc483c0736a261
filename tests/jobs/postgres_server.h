#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

namespace lienzo::jobs {

/// A PostgreSQL server of one's own: a new, empty cluster in a temporary folder that listens on a
/// socket in there and nowhere else. It ends with the object and with the process.
class PostgresServer {
 public:
  /// Nothing where no server's programs are installed. Throws std::runtime_error where they fail.
  static std::unique_ptr<PostgresServer> start();
  ~PostgresServer();

  std::string url() const;
  /// Ends it at once, as a crash would, and starts it again.
  void restart();

 private:
  explicit PostgresServer(std::filesystem::path programs);
  void launch();
  void stop(int signal);

  std::filesystem::path programs_, folder_;
  pid_t server_ = -1;
};

}  // namespace lienzo::jobs
