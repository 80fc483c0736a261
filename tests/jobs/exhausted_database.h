#pragma once

#include <functional>
#include <new>
#include <string>
#include <string_view>

#include "lienzo/jobs/database.h"

namespace lienzo::jobs {

/// For which there is no memory left.
class ExhaustedDatabase final : public Database {
 public:
  void transact(Access, const std::function<void(Transaction&)>&) override {
    throw std::bad_alloc();
  }
  std::string lock(std::string_view) const override { return {}; }
  std::string lock_free_ones(std::string_view) const override { return {}; }
  std::string_view position_function() const override { return {}; }
};

}  // namespace lienzo::jobs
