#pragma once

#include <nlohmann/json.hpp>

namespace lienzo {

/// Keeps the order in which keys were written, so that records and configurations read as their
/// author meant.
using Json = nlohmann::ordered_json;

}  // namespace lienzo
