#pragma once

namespace lienzo::nn {

/// While one lives, Conv2d and Linear made on this thread leave their parameters uninitialised: a
/// network whose weights come from a file is built in milliseconds, and its memory stays untouched
/// until they arrive. Guards may nest.
class SkipInit {
 public:
  SkipInit();
  ~SkipInit();
  SkipInit(const SkipInit&) = delete;
  SkipInit& operator=(const SkipInit&) = delete;

  /// Whether a guard lives on this thread.
  static bool active();
};

}  // namespace lienzo::nn
