#include "lienzo/cli/exit_code.h"

#include <c10/util/Exception.h>

#include <filesystem>
#include <new>

namespace lienzo::cli {
namespace {

// libtorch has one error class for everything; its allocators speak in these words
// (c10/core/impl/alloc_cpu.cpp, c10/cuda/CUDACachingAllocator.cpp).
bool tells_of_memory(std::string_view message) {
  for (std::string_view words : {"can't allocate memory", "not enough memory", "out of memory"}) {
    if (message.find(words) != std::string_view::npos) return true;
  }
  return false;
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

constexpr std::string_view kOutOfMemory =
    "out of memory; try a smaller size, fewer pictures or a smaller batch";

}  // namespace

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInternal: return kExitInternal;
    case ErrorKind::kInvalidInput: return kExitUsage;
    case ErrorKind::kNotFound: return 3;
    case ErrorKind::kCorrupt: return 4;
    case ErrorKind::kUnsupported: return 5;
    case ErrorKind::kOutOfMemory: return 6;
    case ErrorKind::kIo: return 7;
    case ErrorKind::kCancelled: return kExitCancelled;
  }
  return kExitInternal;
}

std::string_view exit_code_help() {
  return "Exit codes: 0 done, 1 internal error, 2 wrong usage or input, 3 not found, 4 damaged "
         "file,\n"
         "5 not supported, 6 out of memory, 7 cannot read or write, 130 stopped by Ctrl-C.";
}

Failure describe_failure(const std::exception& error) {
  if (const auto* ours = dynamic_cast<const Error*>(&error))
    return {exit_code(ours->kind()), ours->what()};
  if (const auto* torch_error = dynamic_cast<const c10::Error*>(&error)) {
    const std::string message = torch_error->what_without_backtrace();
    if (tells_of_memory(message))
      return {exit_code(ErrorKind::kOutOfMemory), std::string(kOutOfMemory)};
    return {kExitInternal, "internal error in libtorch: " + first_line(message)};
  }
  if (dynamic_cast<const std::bad_alloc*>(&error)) {
    return {exit_code(ErrorKind::kOutOfMemory), std::string(kOutOfMemory)};
  }
  if (const auto* file_error = dynamic_cast<const std::filesystem::filesystem_error*>(&error)) {
    const bool absent = file_error->code() == std::errc::no_such_file_or_directory;
    std::string message = file_error->code().message();
    if (!file_error->path1().empty()) message = file_error->path1().string() + ": " + message;
    return {exit_code(absent ? ErrorKind::kNotFound : ErrorKind::kIo), message};
  }
  if (tells_of_memory(error.what()))
    return {exit_code(ErrorKind::kOutOfMemory), std::string(kOutOfMemory)};
  return {kExitInternal, "internal error: " + first_line(error.what())};
}

}  // namespace lienzo::cli
