#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lienzo/datasets/world/captions.h"
#include "lienzo/datasets/world/scene.h"

namespace lienzo::evaluation {

/// Which prompts are drawn.
enum class FaithfulnessSet {
  kHeldOut,      // two or three objects in relations, one of which never occurs in training
  kSeen,         // the same from the training set
  kCounts,       // one to five of a kind
  kGlass,        // something of glass, alone or beside something else
  kSigns,        // a sign with a held-out word, alone or beside something else
  kBackgrounds,  // one or two objects and where they are
};

/// "held-out", "seen", "counts", "glass", "signs", "backgrounds".
std::string_view name(FaithfulnessSet set);
/// Throws kInvalidInput naming the sets.
FaithfulnessSet faithfulness_set(std::string_view name);
const std::vector<std::string>& faithfulness_set_names();

/// One thing to draw.
struct FaithfulnessCase {
  datasets::world::SceneSpec spec;  // what the prompt means
  datasets::world::Scene truth;     // a scene that fits it, for judging the checker itself
  std::string prompt;
};

/// Case `index` of the endless set `seed`: a pure function. Colours and shapes are always named.
FaithfulnessCase make_case(FaithfulnessSet set,
                           datasets::world::Language language,
                           uint64_t seed,
                           uint64_t index);

}  // namespace lienzo::evaluation
