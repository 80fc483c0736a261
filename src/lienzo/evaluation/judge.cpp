#include "lienzo/evaluation/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lienzo::evaluation {
namespace {

namespace world = datasets::world;

constexpr int kNobody = -1;

/// Detection of each object of the words, or kNobody.
using Assignment = std::vector<int>;

std::string said(std::string_view what) { return std::string(what); }

/// Judges one assignment.
Verdict judge_as(const world::SceneSpec& asked,
                 const SceneReading& reading,
                 const world::Scene& scene,
                 const Assignment& assignment) {
  Verdict verdict;
  const auto fault = [&]<class... T>(bool right, fmt::format_string<T...> text, T&&... values) {
    if (!right) verdict.faults.push_back(fmt::format(text, std::forward<T>(values)...));
  };
  verdict.count = reading.detections.size() == asked.objects.size();
  fault(verdict.count, "{} objects, not {}", reading.detections.size(), asked.objects.size());
  for (size_t i = 0; i < asked.objects.size(); ++i) {
    const world::ObjectSpec& wanted = asked.objects[i];
    const world::Object* got = assignment[i] == kNobody
                                   ? nullptr
                                   : &reading.detections[static_cast<size_t>(assignment[i])].object;
    const auto attribute = [&](const auto& value, Tally& tally, auto member, const auto& to_text) {
      if (!value) return;
      const bool right = got != nullptr && got->*member == *value;
      tally.add(right);
      if (got != nullptr)
        fault(right, "object {} is {}, not {}", i + 1, to_text(got->*member), to_text(*value));
    };
    const auto named = [](auto v) { return said(world::name(v)); };
    attribute(wanted.shape, verdict.shapes, &world::Object::shape, named);
    attribute(wanted.colour, verdict.colours, &world::Object::colour, named);
    attribute(wanted.material, verdict.materials, &world::Object::material, named);
    attribute(wanted.size, verdict.sizes, &world::Object::size, named);
    attribute(wanted.word, verdict.words, &world::Object::word, [](const std::string& word) {
      return "\"" + word + "\"";
    });
    fault(got != nullptr, "object {} is missing", i + 1);
  }
  for (const world::RelationSpec& relation : asked.relations) {
    world::RelationSpec there = relation;
    there.subject = assignment[static_cast<size_t>(relation.subject)];
    there.object = assignment[static_cast<size_t>(relation.object)];
    if (relation.second >= 0) there.second = assignment[static_cast<size_t>(relation.second)];
    const bool present = there.subject != kNobody && there.object != kNobody &&
                         (relation.second < 0 || there.second != kNobody);
    const bool right = present && nearly_holds(scene, there);
    verdict.relations.add(right);
    fault(right,
          "object {} is not {} object {}",
          relation.subject + 1,
          world::name(relation.relation),
          relation.object + 1);
  }
  if (asked.background) {
    const bool right = reading.background == *asked.background;
    verdict.backgrounds.add(right);
    fault(right,
          "the background is {}, not {}",
          world::name(reading.background),
          world::name(*asked.background));
  }
  verdict.strict = verdict.faults.empty();
  return verdict;
}

double merit(const Verdict& verdict) {
  // The shape says best which object is meant; then the rest.
  return 2.0 * static_cast<double>(verdict.shapes.right) +
         1.5 * static_cast<double>(verdict.colours.right) +
         static_cast<double>(verdict.materials.right) + static_cast<double>(verdict.sizes.right) +
         1.5 * static_cast<double>(verdict.words.right) +
         1.2 * static_cast<double>(verdict.relations.right);
}

}  // namespace

bool nearly_holds(const world::Scene& scene, const world::RelationSpec& relation) {
  if (world::holds(scene, relation)) return true;
  world::Scene moved = scene;
  world::Object& subject = moved.objects.at(static_cast<size_t>(relation.subject));
  const world::Object read = subject;
  for (int dx = -1; dx <= 1; ++dx) {
    for (int dz = -2; dz <= 2; ++dz) {
      for (int rise = -1; rise <= 1; ++rise) {
        subject.x = read.x + dx;
        subject.z = read.z + dz;
        subject.elevation = read.elevation + rise;
        if (world::holds(moved, relation)) return true;
      }
    }
  }
  return false;
}

Verdict judge(const world::SceneSpec& asked, const SceneReading& reading) {
  const world::Scene scene = scene_of(reading);
  const auto wanted = asked.objects.size(), found = reading.detections.size();
  Assignment assignment(wanted, kNobody);
  std::vector<bool> taken(found, false);
  // With fewer detections than objects, this many objects go without.
  const size_t missing = wanted > found ? wanted - found : 0;
  Verdict best;
  double highest = -1;
  const auto assign = [&](const auto& next, size_t object, size_t left_out) -> void {
    if (highest >= 0 && best.strict) return;
    if (object == wanted) {
      Verdict verdict = judge_as(asked, reading, scene, assignment);
      const double value = merit(verdict);
      if (value > highest || verdict.strict) highest = value, best = std::move(verdict);
      return;
    }
    for (size_t i = 0; i < found; ++i) {
      if (taken[i]) continue;
      taken[i] = true;
      assignment[object] = static_cast<int>(i);
      next(next, object + 1, left_out);
      taken[i] = false;
    }
    assignment[object] = kNobody;
    if (left_out < missing) next(next, object + 1, left_out + 1);
  };
  assign(assign, 0, 0);
  return best;
}

}  // namespace lienzo::evaluation
