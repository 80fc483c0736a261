#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lienzo/base/progress.h"
#include "lienzo/datasets/world/scene.h"
#include "lienzo/image/image.h"
#include "lienzo/provenance/record.h"

namespace lienzo::pipelines {

inline constexpr size_t kLongestPrompt = 4000;  // characters
inline constexpr int kSmallestSize = 64, kLargestSize = 1024;
inline constexpr int kMostSteps = 200;

struct ImagineRequest {
  std::string prompt;
  std::string negative_prompt = {};  // needs guidance above 1
  int width = 256;                   // square, kSmallestSize to kLargestSize pixels
  int height = 256;
  int count = 1;
  uint64_t seed = 0;    // picture k has seed + k
  int steps = 0;        // of the decoder; 0: the model's default
  double guidance = 1;  // of the prior, 0 to 100: 1 follows the words as learned, more moves away
                        // from the negative prompt
  std::string sampler = {};  // empty: the model's default; see diffusion/samplers/registry.h
  // Drawn as it is; the prompt is then only recorded.
  std::optional<datasets::world::Scene> scene = {};
};

struct Picture {
  image::Image image;
  provenance::Record record;
  datasets::world::Scene scene;
  double scene_seconds = 0;
  double picture_seconds = 0;
};

struct ImagineHooks {
  ProgressSink progress;
  std::function<bool()> cancelled;                 // asked between steps
  std::function<void(const Picture&)> on_picture;  // as soon as each is ready
  /// What picture `index` looks like so far, after every step but the last; small.
  std::function<void(int index, int step, const image::Image&)> on_preview = {};
};

/// The model that comes with the program: words -> scene (prior) -> 64 x 64 picture (diffusion
/// decoder) -> 256 x 256 (upscaler). Every picture is computed by itself, so picture k of a batch
/// equals the same picture alone.
class EmbeddedModel {
 public:
  /// Reads model.json, tokenizer.json and prior, decoder, upscaler .safetensors.
  /// Throws kNotFound, kIo or kCorrupt naming the file.
  static EmbeddedModel load(const std::filesystem::path& folder);
  EmbeddedModel(EmbeddedModel&&) noexcept;
  EmbeddedModel& operator=(EmbeddedModel&&) noexcept;
  ~EmbeddedModel();

  /// Throws kInvalidInput or kUnsupported for a request that cannot be met, kCancelled.
  std::vector<Picture> imagine(const ImagineRequest& request, const ImagineHooks& hooks = {});
  /// Only the scenes, without drawing them.
  std::vector<datasets::world::Scene> imagine_scenes(const ImagineRequest& request);
  /// Words of the prompt that the model never learned.
  std::vector<std::string> unknown_words(std::string_view prompt) const;

  const std::string& name() const;
  /// SHA-256 over the model's files, hexadecimal.
  const std::string& hash() const;

 private:
  struct Parts;
  explicit EmbeddedModel(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace lienzo::pipelines
