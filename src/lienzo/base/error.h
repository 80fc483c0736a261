#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace lienzo {

/// What went wrong, coarsely: the command line maps it to an exit code, a server to a status.
enum class ErrorKind {
  kInvalidInput,  // the caller asked for something impossible or mistyped
  kNotFound,      // a file, model or name that does not exist
  kCorrupt,       // a file that is not what it claims to be
  kUnsupported,   // valid, but not something this build or model can do
  kOutOfMemory,   // would not fit
  kIo,            // the operating system refused to read or write
  kCancelled,     // stopped on request
  kInternal,      // our own mistake
};

std::string_view name(ErrorKind kind);

/// The one exception type of the library. The message says what was wrong, where, what was expected
/// and what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace lienzo
