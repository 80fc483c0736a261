#pragma once

#include <optional>
#include <string>

#include "lienzo/base/random.h"
#include "lienzo/datasets/world/scene.h"

namespace lienzo::datasets::world {

/// Which part of the world may be drawn.
enum class Split { kTraining, kHeldOut, kAll };

/// Whether an object of this colour and shape as subject of the relation belongs to the held-out
/// set (about one combination in twenty).
bool is_held_out(Colour colour, Shape shape, Relation relation);
/// Whether a word belongs to the held-out set (about one in ten).
bool is_held_out(std::string_view word);
/// Whether any two objects of the scene stand in a held-out combination, or a sign bears a held-out
/// word.
bool has_held_out(const Scene& scene);

/// A complete scene with the meaning of `spec`; what it leaves open is sampled. Objects keep their
/// order. Empty when no such scene was found (impossible or too crowded).
std::optional<Scene> sample_scene(const SceneSpec& spec, Random& random);

/// Whether an object stands on the ground, on something or in something.
bool is_supported(const Scene& scene, int object);

/// Whether a scene could stand there: inside the frame, nothing in the air or through anything
/// else, everything to be seen.
bool is_physical(const Scene& scene);

/// Whether a glance is enough: most of every object is in view, and nothing that is farther back
/// looks as if it stood on what is before it.
bool is_clear(const Scene& scene);

/// What a caption of the training set may mean: one to five objects, relations, signs, counts.
SceneSpec sample_spec(Random& random);

/// A random word for a sign: a real one or a pronounceable invention.
std::string sample_word(Random& random);

/// A scene with a spec that describes it.
struct Example {
  SceneSpec spec;
  Scene scene;
};
/// Item `index` of the endless set `seed`: a pure function. kTraining has nothing held out; in
/// kHeldOut the spec itself names a held-out combination or word.
Example sample_example(uint64_t seed, uint64_t index, Split split);

/// Changes whenever sample_example() or the renderer gives something else for the same seed and
/// index; written into the parts of the embedded model and the checker. "world 1": what stood
/// beside a raised object was raised as high. "world 2": it stands on the ground, and the tail of a
/// Q is longer.
std::string data_version();

}  // namespace lienzo::datasets::world
