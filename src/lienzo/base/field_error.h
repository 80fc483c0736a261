#pragma once

#include <string>

#include "lienzo/base/error.h"

namespace lienzo {

/// An error that one field of a configuration or request is at fault for.
class FieldError : public Error {
 public:
  FieldError(ErrorKind kind, const std::string& message, std::string field)
      : Error(kind, message), field_(std::move(field)) {}
  /// Its key, such as "steps".
  const std::string& field() const { return field_; }

 private:
  std::string field_;
};

}  // namespace lienzo
