#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lienzo/base/json.h"
#include "lienzo/jobs/job.h"
#include "lienzo/service/request.h"

namespace lienzo::service {

/// A model as clients see it.
struct ModelFacts {
  std::string id = {};      // what requests name
  std::string name = {};    // for people
  std::string family = {};  // "Lienzo", "Stable Diffusion 1.x", ...; empty while nobody looked
  std::string note = {};    // what it can and cannot do, one sentence; may be empty
  std::string file = {};    // the name of its file or folder, without the way there
  std::string hash = {};    // SHA-256 where known; or empty
  std::vector<Task> tasks = {};
  std::vector<std::string> samplers = {}, schedules = {};  // names that requests may use
  int width = 512, height = 512;                           // its own
  int smallest = 64, largest = 2048, multiple = 8;
  bool square_only = false;
  int steps = 20, most_steps = 200;
  double guidance = 7.5;
  bool negative_prompt = true;
  int enlarges = 0;  // an upscaler: how many times larger a side becomes; 0 for other models
  uint64_t bytes = 0;
  bool loaded = false;
};

/// A LoRA as clients see it.
struct LoraFacts {
  std::string name = {};    // what prompts and requests call it
  std::string alias = {};   // as its trainer called it; or ""
  std::string file = {};    // below the model folder
  std::string family = {};  // of the models that it is for; "" where nothing tells
  uint64_t bytes = 0;
  std::map<std::string, std::string> metadata = {};  // what its trainer wrote, without long texts
};

/// A picture as an engine makes it: encoded, with its record inside.
struct MadePicture {
  std::string bytes;  // of the file
  std::string format;
  int width = 0, height = 0;
  uint64_t seed = 0;
  Json record;
};

/// What a running job tells and asks.
struct EngineHooks {
  std::function<void(const jobs::JobProgress&)> progress;
  std::function<void(int index, int step, const std::string& bytes)> preview;  // WebP
  std::function<bool()> cancelled;
};

/// One of the jobs that are drawn together.
struct EngineJob {
  DrawRequest request;
  EngineHooks hooks;
};

/// Reads a blob by digest; throws Error(kNotFound).
using BlobReader = std::function<std::string(const std::string&)>;

/// What makes pictures. One thread at a time calls draw() or draw_together(); the rest is safe from
/// any thread.
class Engine {
 public:
  virtual ~Engine() = default;
  /// The default first.
  virtual std::vector<ModelFacts> models() = 0;
  /// By file.
  virtual std::vector<LoraFacts> loras() { return {}; }
  /// Fills in what is empty (model, seed, ...) and refuses what the model cannot do: Error
  /// kNotFound for an unknown model, kInvalidInput and kUnsupported naming the field. Loads
  /// nothing.
  virtual void complete(DrawRequest& request) = 0;
  /// Throws Error; kCancelled when hooks.cancelled said so.
  virtual std::vector<MadePicture> draw(const DrawRequest& request,
                                        const BlobReader& blobs,
                                        const EngineHooks& hooks) = 0;
  /// How many jobs with the batch_key() of this request are drawn fastest together, at least 1;
  /// more than 1 only where every picture stays what it is alone. Throws Error where complete()
  /// does.
  virtual size_t best_together(const DrawRequest& /*request*/) { return 1; }
  /// Draws jobs with the same batch_key(). Result k belongs to jobs[k]; it is empty when its
  /// hooks.cancelled said so, which does not disturb the others. Throws Error when they cannot be
  /// drawn together, whichever of them is to blame. Unless overridden, one after the other.
  virtual std::vector<std::vector<MadePicture>> draw_together(std::span<const EngineJob> jobs,
                                                              const BlobReader& blobs);
};

}  // namespace lienzo::service
