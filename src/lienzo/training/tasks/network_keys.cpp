#include "lienzo/training/tasks/network_keys.h"

#include <fmt/format.h>

#include <string>

#include "lienzo/base/error.h"

namespace lienzo::training {

void refuse_network_keys(const Recipe& recipe,
                         const Json& network,
                         std::initializer_list<std::string_view> keys,
                         std::string_view reason) {
  for (const std::string_view name : keys) {
    const std::string key(name);
    if (!network.contains(key)) continue;
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("{}: [task.network] '{}' is {}, but it {}; remove it",
                            recipe.source,
                            key,
                            network.at(key).dump(),
                            reason));
  }
}

}  // namespace lienzo::training
