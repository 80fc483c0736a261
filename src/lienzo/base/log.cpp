#include "lienzo/base/log.h"

#include <memory>
#include <mutex>
#include <utility>

namespace lienzo {
namespace {

std::mutex sink_mutex;
std::shared_ptr<const LogSink> current_sink;

}  // namespace

void set_log_sink(LogSink sink) {
  auto replacement = sink ? std::make_shared<const LogSink>(std::move(sink)) : nullptr;
  std::lock_guard lock(sink_mutex);
  current_sink.swap(replacement);
}

void log(LogLevel level, std::string_view message) {
  std::shared_ptr<const LogSink> sink;
  {
    std::lock_guard lock(sink_mutex);
    sink = current_sink;
  }
  // Outside the lock, so that a sink may itself log or be replaced.
  if (sink) (*sink)(level, message);
}

}  // namespace lienzo
