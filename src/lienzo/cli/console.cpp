#include "lienzo/cli/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "lienzo/base/error.h"
#include "lienzo/base/log.h"
#include "lienzo/base/utf8.h"

namespace lienzo::cli {
namespace {

constexpr std::chrono::seconds kPlainInterval{10};
constexpr int kBarCells = 24;

std::mutex console_mutex;
bool bar_shown = false;  // the cursor stands behind a bar
int output_error = 0;    // errno of the first failed write to stdout

bool stderr_is_terminal() {
  static const bool terminal = isatty(STDERR_FILENO) == 1;
  return terminal;
}

size_t terminal_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

void erase_bar() {
  if (bar_shown) std::fputs("\r\033[K", stderr);
  bar_shown = false;
}

std::string bar(const Progress& progress) {
  std::string text = progress.stage;
  if (progress.total > 0) {
    const double fraction = std::clamp(
        static_cast<double>(progress.done) / static_cast<double>(progress.total), 0.0, 1.0);
    const int full = static_cast<int>(fraction * kBarCells);
    text += fmt::format(
        " [{:#<{}}{:.<{}}] {}/{}", "", full, "", kBarCells - full, progress.done, progress.total);
  } else {
    text += fmt::format(" {}", progress.done);
  }
  return progress.note.empty() ? text : text + "  " + progress.note;
}

std::string plain_line(const Progress& progress) {
  std::string text = fmt::format("{} {}", progress.stage, progress.done);
  if (progress.total > 0) {
    text += fmt::format(
        "/{} ({:.0f} %)",
        progress.total,
        100.0 * static_cast<double>(progress.done) / static_cast<double>(progress.total));
  }
  return progress.note.empty() ? text : text + ", " + progress.note;
}

// A line longer than the terminal would wrap and could not be erased.
std::string cut_to_width(const std::string& text, size_t columns) {
  if (!is_valid_utf8(text)) return text.substr(0, columns);
  std::u32string letters = decode_utf8(text, "progress");
  if (letters.size() > columns) letters.resize(columns);
  return encode_utf8(letters);
}

}  // namespace

void say(std::string_view line) {
  std::lock_guard lock(console_mutex);
  erase_bar();
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

void complain(std::string_view message) { say(fmt::format("lienzo: {}", message)); }

void print(std::string_view text) {
  std::lock_guard lock(console_mutex);
  erase_bar();
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() && output_error == 0)
    output_error = errno;
}

void print_json(const Json& json) {
  print(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void flush_output() {
  std::lock_guard lock(console_mutex);
  if (std::fflush(stdout) != 0 && output_error == 0) output_error = errno;
  if (output_error != 0) {
    throw Error(ErrorKind::kIo,
                fmt::format("[output] cannot write the results: {}", std::strerror(output_error)));
  }
}

void show_log(bool quiet) {
  set_log_sink([quiet](LogLevel level, std::string_view message) {
    if (level >= LogLevel::kWarning) {
      complain(message);
    } else if (level == LogLevel::kInfo && !quiet) {
      say(message);
    }
  });
}

void ProgressBar::show(const Progress& progress) {
  if (quiet_) return;
  if (stderr_is_terminal()) {
    std::lock_guard lock(console_mutex);
    erase_bar();
    std::fputs(cut_to_width(bar(progress), terminal_columns() - 1).c_str(), stderr);
    std::fflush(stderr);
    bar_shown = true;
    return;
  }
  if (Clock::now() - last_line_ < kPlainInterval) return;
  last_line_ = Clock::now();
  say(plain_line(progress));
}

ProgressSink ProgressBar::sink() {
  if (quiet_) return {};
  return [this](const Progress& progress) { show(progress); };
}

void ProgressBar::clear() {
  std::lock_guard lock(console_mutex);
  erase_bar();
  std::fflush(stderr);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string format_seconds(double seconds) {
  if (seconds < 10) return fmt::format("{:.2f} s", seconds);
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string format_bytes(uint64_t bytes) {
  const auto amount = static_cast<double>(bytes);
  if (bytes < 1000) return fmt::format("{} B", bytes);
  if (bytes < 1'000'000) return fmt::format("{:.1f} kB", amount / 1e3);
  if (bytes < 1'000'000'000) return fmt::format("{:.2f} MB", amount / 1e6);
  return fmt::format("{:.2f} GB", amount / 1e9);
}

}  // namespace lienzo::cli
