#pragma once

#include <string>

#include "lienzo/base/error.h"

namespace lienzo::jobs {

/// The database was lost while a transaction was being committed: it may or may not have been.
class CommitInDoubt : public Error {
 public:
  explicit CommitInDoubt(const std::string& message) : Error(ErrorKind::kIo, message) {}
};

}  // namespace lienzo::jobs
