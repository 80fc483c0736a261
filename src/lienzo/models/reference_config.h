#pragma once

#include <initializer_list>
#include <string_view>
#include <utility>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/json.h"

/// Help for reading the config.json files that diffusers and transformers write.
namespace lienzo::models {

/// `json` without the keys that are null, which is how those libraries write what is not set. What
/// is no object comes back as it is.
Json without_nulls(const Json& json);

/// Reads settings that we know in one value only: null is not there, and any other value is
/// kUnsupported, naming `where`, the key and what was expected.
void require_fixed(ConfigReader& reader,
                   std::string_view where,
                   std::initializer_list<std::pair<std::string_view, Json>> settings);

/// Reads and drops keys that say nothing about the network.
void ignore(ConfigReader& reader, std::initializer_list<std::string_view> keys);

}  // namespace lienzo::models
