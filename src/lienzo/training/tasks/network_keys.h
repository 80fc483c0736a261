#pragma once

#include <initializer_list>
#include <string_view>

#include "lienzo/base/json.h"
#include "lienzo/training/recipe.h"

namespace lienzo::training {

/// Refuses keys of [task.network] that the kind sets itself, and would overwrite: throws
/// kInvalidInput for the first of `keys` in `network`, with `reason` ("follows from ...").
void refuse_network_keys(const Recipe& recipe,
                         const Json& network,
                         std::initializer_list<std::string_view> keys,
                         std::string_view reason);

}  // namespace lienzo::training
