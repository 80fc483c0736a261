#pragma once

#include <vector>

#include "lienzo/datasets/world/captions_grammar.h"

namespace lienzo::datasets::world {

/// What is said in one breath: one object, or several alike ("tres esferas verdes").
struct Node {
  std::vector<int> members;  // indices into SceneSpec::objects, ascending
  int component = 0;
  int count() const { return static_cast<int>(members.size()); }
};

/// A relation between nodes. For "between two red cubes" object and second are the same node.
struct Edge {
  Relation relation = Relation::kOnTopOf;
  int subject = 0, object = 0, second = -1;
};

struct Plan {
  std::vector<Node> nodes;
  std::vector<Edge> edges;
  int components = 0;  // nodes linked by edges share a component, numbered by first node
};

/// Groups the objects of `spec`. Objects are grouped if they are described alike, stand in the same
/// relations to all others, and no third object described alike does not. Throws
/// Error(kInvalidInput) on a bad spec.
Plan plan_caption(const SceneSpec& spec, Choice& choice);

/// The converse of a relation ("under" for "on top of"); false for inside and between, which have
/// none.
bool has_converse(Relation relation);
Relation converse(Relation relation);

}  // namespace lienzo::datasets::world
