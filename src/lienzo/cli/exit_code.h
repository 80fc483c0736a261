#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "lienzo/base/error.h"

namespace lienzo::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitInternal = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitCancelled = 130;

/// The exit code for a kind of error; docs/cli.md and exit_code_help() list them.
int exit_code(ErrorKind kind);

/// The table of exit codes, for the end of help texts.
std::string_view exit_code_help();

/// What to tell a person about an exception, and the exit code. libtorch's errors lose their stack
/// trace; running out of memory is told from the rest.
struct Failure {
  int code = kExitInternal;
  std::string message;
};
Failure describe_failure(const std::exception& error);

}  // namespace lienzo::cli
