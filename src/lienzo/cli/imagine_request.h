#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lienzo/cli/size.h"
#include "lienzo/pipelines/embedded_model.h"
#include "lienzo/provenance/record.h"

namespace lienzo::cli {

/// In Record::extra: the scene was the user's own, not the model's answer to the words.
inline constexpr const char* kSceneGiven = "scene_given";

/// How many pictures are on the sheet with that record; nothing where it is no sheet.
std::optional<int> recorded_sheet(const provenance::Record& record);

/// What was typed, with the files that it names read.
struct ImagineInput {
  std::string prompt = {};  // empty where nothing was typed
  std::optional<std::string> negative = {};
  std::optional<uint64_t> seed = {};
  std::optional<int> steps = {};
  std::optional<double> guidance = {};
  std::string sampler = {};  // empty where nothing was typed
  std::optional<PictureSize> size = {};
  std::optional<datasets::world::Scene> scene = {};  // of --scene
  std::optional<provenance::Record> record = {};     // of --like
  std::string like = {};                             // the file of `record`, for messages
  int count = 1;
  uint64_t new_seed = 0;  // where neither the user nor the record has one
};

/// What a request takes from the model.
struct ModelFacts {
  std::string name;
  std::string hash;
  bool has_scenes = true;
  int own_size = 0;  // pixels; 0: the request's own default
  double own_guidance = 1;
};

struct PlannedRequest {
  pipelines::ImagineRequest request;
  bool scene_given = false;  // request.scene is the user's own, of now or of the picture of --like
  bool repeats = false;      // the first picture is to be the one of --like, to the pixel
  std::string warning;       // why it is not, though nothing was typed that changes it
};

/// What is typed goes before what the record says, and that before what the model does by itself. A
/// scene that the user gave stays until another scene or other words are given; one that the model
/// planned is used for that very picture only, since another seed plans another.
/// Throws Error(kInvalidInput) for a record whose scene is not one.
PlannedRequest plan_request(const ImagineInput& input, const ModelFacts& model);

}  // namespace lienzo::cli
