#pragma once

#include <string>
#include <thread>

#include "lienzo/jobs/change_signal.h"

namespace lienzo::jobs {

/// The channel that changes are told on; the message is the number.
inline constexpr const char* kChannel = "lienzo_change";

/// A thread that hears of changes by other processes. It connects again for as long as it takes.
class PostgresListener {
 public:
  /// `changes` outlives it.
  PostgresListener(std::string url, ChangeSignal& changes);
  ~PostgresListener();
  PostgresListener(const PostgresListener&) = delete;
  PostgresListener& operator=(const PostgresListener&) = delete;

 private:
  void run();
  void listen();  // until stopped; throws when the connection is lost
  /// Waits for bytes on `socket` (-1: none) or the time; true: stop.
  bool wait(int socket, int milliseconds) const;

  std::string url_;
  ChangeSignal& changes_;
  int stop_ = -1;  // an eventfd
  std::thread thread_;
};

}  // namespace lienzo::jobs
