#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lienzo/base/error.h"

namespace lienzo {

/// Runs `action` and expects an Error of that kind whose message contains all of `parts`.
template <class Action, class... Parts>
void expect_error(ErrorKind kind, Action action, const Parts&... parts) {
  try {
    action();
    ADD_FAILURE() << "expected an error of kind " << name(kind);
  } catch (const Error& error) {
    EXPECT_EQ(name(error.kind()), name(kind)) << error.what();
    for (const std::string& part : {std::string(parts)...})
      EXPECT_THAT(error.what(), testing::HasSubstr(part));
  }
}

}  // namespace lienzo
