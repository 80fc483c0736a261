#pragma once

#include <functional>

#include "lienzo/base/progress.h"

namespace lienzo::hub {

/// Asked several times a second, also while nothing arrives; true stops the work with
/// Error(kCancelled). Empty means never.
using Cancelled = std::function<bool()>;

/// How the caller follows and stops a transfer. Progress is in bytes; its stages are "download" and
/// "check", the latter while bytes that are on the disk already are compared with their checksum.
struct TransferHooks {
  ProgressSink progress = {};
  Cancelled cancelled = {};
};

}  // namespace lienzo::hub
