#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lienzo/base/json.h"
#include "lienzo/base/progress.h"
#include "lienzo/evaluation/detector.h"
#include "lienzo/evaluation/faithfulness_set.h"
#include "lienzo/evaluation/interval.h"
#include "lienzo/evaluation/judge.h"
#include "lienzo/image/image.h"

namespace lienzo::evaluation {

struct FaithfulnessOptions {
  FaithfulnessSet set = FaithfulnessSet::kHeldOut;
  datasets::world::Language language = datasets::world::Language::kSpanish;
  int64_t count = 200;         // pictures, 1 or more
  uint64_t seed = 1;           // of the prompts; picture i is drawn with seed + i
  int64_t kept_failures = 24;  // at most, for the sheet
};

/// How much was right, over all pictures.
struct Scores {
  Tally strict, count, shapes, colours, materials, sizes, words, relations, backgrounds;
  void add(const Verdict& verdict);
};

/// A picture that is not as the words say, as the checker sees it.
struct FaithfulnessFailure {
  std::string prompt;
  uint64_t seed = 0;
  image::Image picture;
  std::vector<std::string> faults;
};

struct FaithfulnessReport {
  FaithfulnessOptions options;
  bool layouts = false;  // scenes were judged, not pictures
  Scores drawn;          // of the pictures that were drawn
  Scores truth;  // of the renderer's pictures of the same prompts: what the checker itself gets
                 // right
  std::vector<FaithfulnessFailure> failures;
};

/// Draws a square picture of the prompt.
using Drawer = std::function<image::Image(const std::string& prompt, uint64_t seed)>;

/// Draws, reads and judges `options.count` prompts. The same options and a deterministic drawer
/// give the same report. Throws kInvalidInput for a count below 1, and what `draw` throws.
FaithfulnessReport evaluate_faithfulness(const Drawer& draw,
                                         const Checker& checker,
                                         const FaithfulnessOptions& options,
                                         const ProgressSink& progress = {});

/// Writes the scene of a prompt.
using LayoutWriter =
    std::function<datasets::world::Scene(const std::string& prompt, uint64_t seed)>;

/// The same for the layouts that a model plans before it draws: no picture, no checker. Failures
/// are shown as the renderer draws them.
FaithfulnessReport evaluate_layouts(const LayoutWriter& write,
                                    const FaithfulnessOptions& options,
                                    const ProgressSink& progress = {});

/// A table for people: share, 95 % interval and count of everything that was asked, drawn beside
/// truth.
std::string to_table(const FaithfulnessReport& report);
Json to_json(const FaithfulnessReport& report);
/// The failures with prompt and faults below each; an empty picture when there are none.
image::Image failure_sheet(const FaithfulnessReport& report);

}  // namespace lienzo::evaluation
