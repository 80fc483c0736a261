#pragma once

#include <functional>
#include <string_view>

namespace lienzo {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

using LogSink = std::function<void(LogLevel, std::string_view)>;

/// Where messages go; an empty sink (the default) drops them. The sink may be called from several
/// threads at once.
void set_log_sink(LogSink sink);

void log(LogLevel level, std::string_view message);

}  // namespace lienzo
