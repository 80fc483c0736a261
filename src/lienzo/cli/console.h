#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "lienzo/base/json.h"
#include "lienzo/base/progress.h"

namespace lienzo::cli {

/// Results go to stdout, everything that is said about them to stderr, so that `lienzo ... > file`
/// holds results only.

/// One line on stderr, above a progress bar if one stands there. Thread-safe.
void say(std::string_view line);

/// "lienzo: " + message, the form of warnings and errors.
void complain(std::string_view message);

/// Text on stdout, as it is.
void print(std::string_view text);

/// `json` on stdout, indented, with a line break.
void print_json(const Json& json);

/// Makes sure that stdout took everything. Throws Error(kIo) otherwise, as with a full disk.
void flush_output();

/// Sends base/log.h to stderr: warnings and errors always, information unless `quiet`.
void show_log(bool quiet);

/// A bar that redraws itself where stderr is a terminal, else a plain line every few seconds.
/// Clears itself at the end.
class ProgressBar {
 public:
  explicit ProgressBar(bool quiet = false) : quiet_(quiet) {}
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(const Progress& progress);
  /// A sink for this bar, which must outlive it; empty when quiet.
  ProgressSink sink();
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  bool quiet_;
  Clock::time_point last_line_ = Clock::now();
};

double seconds_since(std::chrono::steady_clock::time_point start);

/// "0.42 s", "12 s", "3 min 05 s".
std::string format_seconds(double seconds);

/// "312 B", "4.0 kB", "12.30 MB", "4.27 GB": powers of 1000.
std::string format_bytes(uint64_t bytes);

}  // namespace lienzo::cli
