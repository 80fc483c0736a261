#pragma once

#include <string>
#include <vector>

#include "lienzo/base/random.h"
#include "lienzo/datasets/world/scene.h"
#include "lienzo/models/scene_prior.h"
#include "lienzo/text/bpe_tokenizer.h"

namespace lienzo::pipelines {

struct SceneWriterOptions {
  double guidance = 1.0;  // how far to move away from what the negative caption suggests; 1: off
  double place_temperature = 0.8;  // of positions
  double letter_temperature = 0.6;
  double least_share =
      0.08;           // tokens less likely than this share of the likeliest are never chosen
  int attempts = 12;  // at a clear scene that could stand there and bears the words
};

/// Draws a scene from the prior, token by token. What the caption says has a probability near one;
/// what it leaves open is sampled, save glass, which stands only where it is asked for. Words that
/// the caption quotes are copied rather than guessed: while one of `words` (spelled as
/// Object::word) is on no sign yet, signs bear those words, save a sign that the caption gives none
/// of them. A layout that could not stand there (things through each other, outside the frame),
/// lacks a word or is not clear at a glance is drawn again. Tokens are those of prior_text(); an
/// empty negative means "no words".
datasets::world::Scene write_scene(models::ScenePrior& prior,
                                   const std::vector<int>& caption,
                                   const std::vector<int>& negative,
                                   const std::vector<std::string>& words,
                                   Random& random,
                                   const SceneWriterOptions& options);

}  // namespace lienzo::pipelines
