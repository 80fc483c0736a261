#include "lienzo/datasets/world/captions_plan.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "lienzo/base/error.h"

namespace lienzo::datasets::world {
namespace {

constexpr double kSeparateAlike =
    0.08;  // "un cubo rojo y otro cubo rojo" rather than "dos cubos rojos"

void check(const SceneSpec& spec) {
  const int count = static_cast<int>(spec.objects.size());
  if (count < 1 || count > kMaxObjects) {
    throw Error(ErrorKind::kInvalidInput,
                "[captions] number of objects in the description, got " + std::to_string(count) +
                    ", expected 1 to " + std::to_string(kMaxObjects));
  }
  const auto inside = [count](int index) { return index >= 0 && index < count; };
  for (const RelationSpec& r : spec.relations) {
    const bool between = r.relation == Relation::kBetween;
    const bool valid =
        inside(r.subject) && inside(r.object) && r.subject != r.object &&
        (between == (r.second >= 0)) &&
        (!between || (inside(r.second) && r.second != r.subject && r.second != r.object));
    if (!valid) {
      throw Error(ErrorKind::kInvalidInput,
                  "[captions] relation '" + std::string(name(r.relation)) + "' joins objects " +
                      std::to_string(r.subject) + ", " + std::to_string(r.object) + ", " +
                      std::to_string(r.second) + ", expected different indices below " +
                      std::to_string(count) + (between ? "" : " and no second object"));
    }
  }
}

/// A relation in the one form that its converse also has.
using Canonical = std::tuple<Relation, int, int, int>;

Canonical canonical(Relation relation, int subject, int object, int second) {
  switch (relation) {
    case Relation::kUnder:
    case Relation::kRightOf:
    case Relation::kBehind: return {converse(relation), object, subject, second};
    case Relation::kBetween:
      return {relation, subject, std::min(object, second), std::max(object, second)};
    default: return {relation, subject, object, second};
  }
}

/// Whether the objects `a` and `b` could change places without changing any relation.
bool interchangeable(const SceneSpec& spec, int a, int b) {
  const auto swapped = [a, b](int index) { return index == a ? b : index == b ? a : index; };
  for (const RelationSpec& r : spec.relations) {
    const Canonical wanted =
        canonical(r.relation, swapped(r.subject), swapped(r.object), swapped(r.second));
    const bool found =
        std::any_of(spec.relations.begin(), spec.relations.end(), [&](const RelationSpec& other) {
          return canonical(other.relation, other.subject, other.object, other.second) == wanted;
        });
    if (!found) return false;
  }
  return true;
}

bool can_group(const SceneSpec& spec, const std::vector<int>& alike) {
  const auto in_group = [&](int index) {
    return std::find(alike.begin(), alike.end(), index) != alike.end();
  };
  for (const RelationSpec& r : spec.relations) {
    const int members =
        int{in_group(r.subject)} + int{in_group(r.object)} + int{in_group(r.second)};
    const bool both_ends =
        r.relation == Relation::kBetween && !in_group(r.subject) && alike.size() == 2;
    if (members > 1 && !both_ends) return false;
  }
  for (size_t i = 0; i < alike.size(); ++i) {
    for (size_t j = i + 1; j < alike.size(); ++j) {
      if (!interchangeable(spec, alike[i], alike[j])) return false;
    }
  }
  return true;
}

void number_components(Plan& plan) {
  for (Node& node : plan.nodes) node.component = -1;
  for (size_t start = 0; start < plan.nodes.size(); ++start) {
    if (plan.nodes[start].component >= 0) continue;
    plan.nodes[start].component = plan.components;
    for (bool grown = true; grown;) {
      grown = false;
      for (const Edge& edge : plan.edges) {
        bool reached = false;
        for (int n : {edge.subject, edge.object, edge.second}) {
          reached |= n >= 0 && plan.nodes[n].component == plan.components;
        }
        if (!reached) continue;
        for (int n : {edge.subject, edge.object, edge.second}) {
          if (n >= 0 && plan.nodes[n].component < 0) {
            plan.nodes[n].component = plan.components;
            grown = true;
          }
        }
      }
    }
    ++plan.components;
  }
}

}  // namespace

bool has_converse(Relation relation) {
  return relation != Relation::kInside && relation != Relation::kBetween;
}

Relation converse(Relation relation) {
  switch (relation) {
    case Relation::kOnTopOf: return Relation::kUnder;
    case Relation::kUnder: return Relation::kOnTopOf;
    case Relation::kLeftOf: return Relation::kRightOf;
    case Relation::kRightOf: return Relation::kLeftOf;
    case Relation::kInFrontOf: return Relation::kBehind;
    case Relation::kBehind: return Relation::kInFrontOf;
    default: return relation;
  }
}

Plan plan_caption(const SceneSpec& spec, Choice& choice) {
  check(spec);
  Plan plan;
  const int count = static_cast<int>(spec.objects.size());
  std::vector<int> node_of(spec.objects.size(), -1);
  for (int i = 0; i < count; ++i) {
    if (node_of[i] >= 0) continue;
    std::vector<int> alike = {i};
    for (int j = i + 1; j < count; ++j) {
      if (spec.objects[j] == spec.objects[i]) alike.push_back(j);
    }
    const bool grouped =
        alike.size() > 1 && can_group(spec, alike) && !choice.chance(kSeparateAlike);
    if (grouped) {
      for (int member : alike) node_of[member] = static_cast<int>(plan.nodes.size());
      plan.nodes.push_back({alike});
    } else {
      for (int member : alike) {
        node_of[member] = static_cast<int>(plan.nodes.size());
        plan.nodes.push_back({{member}});
      }
    }
  }
  std::vector<Canonical> seen;
  for (const RelationSpec& r : spec.relations) {
    const Edge edge = {
        r.relation, node_of[r.subject], node_of[r.object], r.second < 0 ? -1 : node_of[r.second]};
    const Canonical key = canonical(edge.relation, edge.subject, edge.object, edge.second);
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) continue;
    seen.push_back(key);
    plan.edges.push_back(edge);
  }
  number_components(plan);
  return plan;
}

}  // namespace lienzo::datasets::world
