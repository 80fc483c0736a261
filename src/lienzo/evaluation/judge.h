#pragma once

#include <string>
#include <vector>

#include "lienzo/datasets/world/scene.h"
#include "lienzo/evaluation/detector.h"
#include "lienzo/evaluation/interval.h"

namespace lienzo::evaluation {

/// What in a picture is as the words say. Only what the words name is counted.
struct Verdict {
  bool strict = false;  // all of the below
  bool count = false;   // as many objects as said
  Tally shapes, colours, materials, sizes, words, relations, backgrounds;
  std::vector<std::string> faults;  // in words, for people: "object 1 is blue, not red"
};

/// Whether the objects of `scene` stand in the relation, allowing for what a reading may be off:
/// one sixteenth of a unit along x and in height, two in depth (which is seen at half its size).
bool nearly_holds(const datasets::world::Scene& scene,
                  const datasets::world::RelationSpec& relation);

/// Compares what was read with what was asked. Which detection is meant by which object is decided
/// in the picture's favour: by the assignment that satisfies most.
Verdict judge(const datasets::world::SceneSpec& asked, const SceneReading& reading);

}  // namespace lienzo::evaluation
