#include "lienzo/evaluation/second_look.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "lienzo/datasets/world/geometry.h"
#include "lienzo/datasets/world/layout.h"
#include "lienzo/datasets/world/renderer.h"
#include "lienzo/evaluation/drawing_error.h"
#include "lienzo/evaluation/placement.h"
#include "lienzo/evaluation/variations.h"

namespace lienzo::evaluation {
namespace {

namespace world = datasets::world;

constexpr double kBetter = 0.97;  // of the error, for another object to be believed
constexpr double kNegligible =
    0.0015;                    // error per pixel below which an object is drawn well enough
constexpr double kSure = 0.8;  // score; such objects stay unless another explains all they do
constexpr double kWorthKeeping = 0.1;   // by which a doubtful object must lower the error
constexpr double kWorthAdding = 0.6;    // by which a new object must lower the error,
constexpr double kShareLikely = 0.35;   // and by this share of it where the detector saw something,
constexpr double kShareUnlikely = 0.6;  // or by this one where it did not
constexpr double kLikely = 0.12;        // score of something seen
constexpr double kFloats = 3;           // factor on the error of an object that nothing carries
constexpr int kSweeps = 4;
constexpr size_t kFinalists = 8;  // solids that are moved to their best place and look
constexpr int kSettleSteps = 5;
constexpr size_t kMostObjects = 8;
constexpr double kHole = 2.0;  // error in a window in which an object may be missing
constexpr int kHoleSide = 9;   // of that window, pixels
constexpr int kMostHoles = 3;

struct EmptyWorld {
  world::Scene scene;
  image::Image picture;
};

const std::vector<EmptyWorld>& empty_worlds() {
  static const std::vector<EmptyWorld> worlds = [] {
    std::vector<EmptyWorld> all;
    for (int background = 0; background < world::kBackgrounds; ++background) {
      for (int variant = 0; variant < world::kVariants; ++variant) {
        EmptyWorld empty;
        empty.scene.background = static_cast<world::Background>(background);
        empty.scene.variant = variant;
        empty.picture = world::render(empty.scene, DrawingError::kSide);
        all.push_back(std::move(empty));
      }
    }
    return all;
  }();
  return worlds;
}

/// The background most like the picture: objects cover little of it, and no pixel counts much.
void choose_background(const DrawingError& error, world::Scene& scene) {
  double least = 1e30;
  for (const EmptyWorld& empty : empty_worlds()) {
    const double unlike = error.of(empty.picture);
    if (unlike >= least) continue;
    least = unlike;
    scene.background = empty.scene.background;
    scene.variant = empty.scene.variant;
  }
}

Part part_of(const world::Object& object, const std::vector<world::Object>& others) {
  Part part = DrawingError::kNothing;
  DrawingError::include(part, object);
  for (const world::Object& other : others) DrawingError::include(part, other);
  return part;
}

/// Moves the object, sixteenth by sixteenth, to where the drawing is most like the picture.
/// `unlike` tells the error of the scene as it is.
template <typename Error>
void settle(const Error& unlike, world::Object& object) {
  constexpr std::array<std::pair<int, int>, 6> kMoves = {
      {{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {0, 2}, {0, -2}}};
  double least = unlike();
  for (int step = 0; step < kSettleSteps; ++step) {
    const world::Object before = object;
    world::Object best = object;
    for (const auto& [dx, dz] : kMoves) {
      object.x = std::clamp(before.x + dx, world::kMinX, world::kMaxX);
      object.z = std::clamp(before.z + dz, world::kMinZ, world::kMaxZ);
      const double error = unlike();
      if (error < least) least = error, best = object;
    }
    object = best;
    if (object == before) break;
  }
}

/// The best of the object as it is and its other looks.
template <typename Error>
void choose_look(const Error& unlike, world::Object& object) {
  world::Object best = object;
  double least = unlike();
  for (const world::Object& other : other_looks(best)) {
    object = other;
    const double error = unlike();
    if (error < least) least = error, best = other;
  }
  object = best;
}

bool floats(const world::Scene& scene, size_t i) {
  return !world::is_supported(scene, static_cast<int>(i));
}

enum class Looks { kKeep, kChoose };

/// Puts what is most like the picture in the place of the object: roughly drawn, the best of the
/// others are found and moved to their best places; carefully drawn, the best of these is.
void choose(const DrawingError& error,
            world::Scene& scene,
            size_t i,
            const std::vector<world::Object>& others,
            Looks looks) {
  world::Object& object = scene.objects[i];
  const world::Object before = object;
  const Part part = part_of(before, others);
  const auto rough = [&] { return error.rough(scene, part); };
  const auto careful = [&] { return error(scene, part) * (floats(scene, i) ? kFloats : 1); };
  std::vector<std::pair<double, world::Object>> candidates;
  for (const world::Object& other : others) {
    object = other;
    candidates.emplace_back(rough(), other);
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) {
    return a.first < b.first;
  });
  candidates.resize(std::min(candidates.size(), kFinalists));
  object = before;
  double least = careful() * kBetter;
  world::Object best = before;
  for (const auto& [unlike, other] : candidates) {
    object = other;
    settle(rough, object);
    if (looks == Looks::kChoose) choose_look(rough, object);
    const double reached = careful();
    if (reached < least) least = reached, best = object;
  }
  object = best;
}

/// Whether nothing is left to find out about an object.
bool is_settled(const DrawingError& error, const world::Scene& scene, size_t i) {
  if (floats(scene, i)) return false;
  const Part part = part_of(scene.objects[i], {});
  const int pixels = (part.right - part.left) * (part.bottom - part.top);
  return error(scene, part) < kNegligible * pixels;
}

/// Makes one object as like the picture as it can be while the others stay.
bool improve(const DrawingError& error, world::Scene& scene, size_t i) {
  if (is_settled(error, scene, i)) return false;
  const world::Object before = scene.objects[i];
  const Part part = part_of(before, {});
  settle([&] { return error(scene, part); }, scene.objects[i]);
  if (is_settled(error, scene, i)) return !(scene.objects[i] == before);
  choose(error, scene, i, other_turns(scene.objects[i]), Looks::kKeep);
  choose(error, scene, i, other_heights(scene, i), Looks::kKeep);
  choose(error, scene, i, other_looks(scene.objects[i]), Looks::kKeep);
  if (!is_settled(error, scene, i))
    choose(error, scene, i, other_solids(scene.objects[i]), Looks::kChoose);
  return !(scene.objects[i] == before);
}

void improve_all(const DrawingError& error, world::Scene& scene) {
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    bool changed = false;
    for (size_t i = 0; i < scene.objects.size(); ++i) changed = improve(error, scene, i) || changed;
    if (!changed) break;
  }
}

bool overlap(const world::Object& a, const world::Object& b) {
  const world::Box p = world::picture_box(a), q = world::picture_box(b);
  return p.left < q.right && q.left < p.right && p.top < q.bottom && q.top < p.bottom;
}

/// A reading while it is being looked at again: the detections follow the objects of the scene.
struct Draft {
  world::Scene scene;
  std::vector<Detection> detections;

  void erase(size_t i) {
    scene.objects.erase(scene.objects.begin() + static_cast<std::ptrdiff_t>(i));
    detections.erase(detections.begin() + static_cast<std::ptrdiff_t>(i));
  }
};

/// Takes away what need not be there, the least certain first: what overlaps it may change to
/// explain the picture alone.
bool prune(const DrawingError& error, Draft& draft) {
  bool changed = false;
  double with = error(draft.scene);
  for (size_t i = draft.scene.objects.size(); i-- > 0;) {
    Draft without = draft;
    without.erase(i);
    const bool doubtful = draft.detections[i].score < kSure;
    const double allowed = with + (doubtful ? kWorthKeeping : 0.0);
    double left = error(without.scene);
    for (size_t k = 0; doubtful && left >= allowed && k < without.scene.objects.size(); ++k) {
      if (!overlap(without.scene.objects[k], draft.scene.objects[i])) continue;
      improve(error, without.scene, k);
      left = error(without.scene);
    }
    if (left >= allowed) continue;
    draft = std::move(without);
    with = left;
    changed = true;
  }
  return changed;
}

/// Adds the object if the picture is much better explained with it.
bool add(const DrawingError& error, const Detection& detection, Draft& draft) {
  if (draft.scene.objects.size() >= kMostObjects) return false;
  // No more can be gained than there is to lose.
  if (error(draft.scene, part_of(detection.object, {})) < kWorthAdding) return false;
  Draft with = draft;
  with.scene.objects.push_back(detection.object);
  with.detections.push_back(detection);
  for (int i = 0; i < kSweeps && improve(error, with.scene, with.scene.objects.size() - 1); ++i)
    continue;
  const Part part = part_of(with.scene.objects.back(), {});
  const double share = detection.score >= kLikely ? kShareLikely : kShareUnlikely;
  const double before = error(draft.scene, part), after = error(with.scene, part);
  if (after > before - std::max(kWorthAdding, share * before)) return false;
  draft = std::move(with);
  return true;
}

/// Where the drawing is farthest from the picture: the middle of a window, as a point of the
/// picture; nothing to find where the error is small.
std::optional<std::pair<double, double>> find_hole(const DrawingError& error,
                                                   const world::Scene& scene) {
  constexpr int kSide = DrawingError::kSide;
  const std::vector<double> errors = error.map(scene);
  double most = kHole;
  std::optional<std::pair<double, double>> hole;
  for (int top = 0; top + kHoleSide <= kSide; ++top) {
    for (int left = 0; left + kHoleSide <= kSide; ++left) {
      double sum = 0;
      for (int y = top; y < top + kHoleSide; ++y) {
        for (int x = left; x < left + kHoleSide; ++x)
          sum += errors[static_cast<size_t>(y) * kSide + static_cast<size_t>(x)];
      }
      if (sum <= most) continue;
      most = sum;
      hole = {(left + kHoleSide / 2.0) / kSide, (top + kHoleSide / 2.0) / kSide};
    }
  }
  return hole;
}

/// Tries a solid where the drawing is farthest from the picture.
bool fill_hole(const DrawingError& error, Draft& draft) {
  const auto hole = find_hole(error, draft.scene);
  if (!hole) return false;
  const auto [x, y] = *hole;
  Detection detection;
  detection.object.x =
      std::clamp(static_cast<int>(std::lround((x - 0.5) * world::kFrame * world::kUnit)),
                 world::kMinX,
                 world::kMaxX);
  detection.object.z = depth_at(detection.object, {x, y, x, y});
  return add(error, detection, draft);
}

}  // namespace

void second_look(const image::Image& picture,
                 const std::vector<Detection>& spare,
                 SceneReading& reading) {
  const DrawingError error(picture);
  Draft draft{scene_of(reading), reading.detections};
  choose_background(error, draft.scene);
  improve_all(error, draft.scene);
  prune(error, draft);
  bool changed = false;
  for (const Detection& detection : spare) changed = add(error, detection, draft) || changed;
  for (int i = 0; i < kMostHoles && fill_hole(error, draft); ++i) changed = true;
  if (changed) improve_all(error, draft.scene);
  if (prune(error, draft)) improve_all(error, draft.scene);
  for (size_t i = 0; i < draft.scene.objects.size(); ++i) {
    draft.detections[i].object = draft.scene.objects[i];
    draft.detections[i].box = world::picture_box(draft.scene.objects[i]);
  }
  reading.background = draft.scene.background;
  reading.detections = std::move(draft.detections);
}

}  // namespace lienzo::evaluation
