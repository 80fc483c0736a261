#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lienzo/base/random.h"
#include "lienzo/datasets/world/scene.h"

namespace lienzo::datasets::world {

enum class Language : uint8_t { kSpanish, kEnglish };
inline constexpr int kLanguages = 2;

/// Writes one natural caption that means exactly `spec`: every attribute, relation and background
/// that the spec gives is said (relations perhaps as their converse, "B under A" for "A on top of
/// B"), nothing else is. UTF-8, one line, no double spaces. A sign's word stands in upper case
/// between ASCII double quotes, eñe as "Ñ". `mention_order`, if given, receives the object indices
/// in the order in which they are first mentioned. Throws Error(kInvalidInput) if the spec has no
/// object or a relation points outside the objects.
std::string describe(const SceneSpec& spec,
                     Language language,
                     Random& random,
                     std::vector<int>* mention_order = nullptr);

/// The canonical caption: "un cubo rojo encima de un cubo azul". Same spec, same text.
std::string describe_plain(const SceneSpec& spec, Language language);

}  // namespace lienzo::datasets::world
