#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lienzo/base/json.h"

namespace lienzo::training {

/// The [train] table of a recipe: how any task is trained.
struct TrainOptions {
  int64_t steps = 1000;         // optimizer steps of the whole training
  int64_t batch_size = 64;      // samples of one micro-batch
  int64_t accumulate = 1;       // micro-batches per step; their gradients are averaged
  double learning_rate = 1e-3;  // the peak
  std::vector<double> betas = {0.9, 0.99};
  double epsilon = 1e-8;
  double weight_decay = 0.01;       // of parameters with two or more dimensions
  int64_t warmup_steps = 100;       // linear, from 0
  std::string schedule = "cosine";  // constant | linear | cosine
  double decay_start = 0.0;         // fraction of the training after which linear and cosine fall
  double final_fraction = 0.0;      // of the learning rate, at the end
  double grad_clip = 1.0;           // largest global L2 norm of the gradient; 0 = off
  double ema_decay = 0.999;         // 0 = off; warmed up as min(decay, (1 + n) / (10 + n))
  std::string precision =
      "fp32";  // fp32 | bf16 (autocast) | auto (bf16 where the processor computes in it)
  std::string device = "auto";  // cpu | cuda | cuda:<n> | auto (a GPU if there is one)
  std::string init = {};        // safetensors file of first weights; "" draws them from the seed
  int64_t seed = 0;
  int64_t threads = 0;             // of tensor operations; 0 = one per processor
  int64_t loader_threads = 1;      // make batches in the background; 0 = in the training thread
  int64_t log_every = 20;          // steps between two lines of metrics.csv
  int64_t sample_every = 0;        // steps between two sample sheets; 0 = only at the end
  int64_t validate_every = 0;      // steps between two validations; 0 = only at the end
  int64_t checkpoint_every = 500;  // steps; 0 = only at the end and when stopped
  int64_t keep_checkpoints = 2;
  double budget_minutes =
      0;  // > 0: the training ends, and the schedule is over, after this much time at
          // the latest, summed over resumed runs; such runs do not repeat exactly
  double max_minutes =
      0;  // > 0: stop this run (resumable, schedule untouched) after this much time
};

/// A training described by a TOML file: `kind`, `name`, `output`, the table [train] and the task's
/// own [task].
struct Recipe {
  std::string kind;  // key of the task registry
  std::string name;
  TrainOptions train;
  Json task = Json::object();     // read by the task itself
  std::filesystem::path output;   // folder of the run; "runs/<name>" unless given
  std::string source = "recipe";  // how error messages call the file
  std::string text;               // the file as written; copied beside the results
};

/// Checks ranges; throws kInvalidInput naming the key.
void validate(const TrainOptions& options, const std::string& where);

/// Reads a recipe that was parsed from TOML; unknown keys, wrong types and values out of range are
/// kInvalidInput.
Recipe recipe_from_json(const Json& json, const std::string& where);
Recipe recipe_from_toml(const std::string& text, const std::string& where);
Recipe load_recipe(const std::filesystem::path& path);

/// Everything that decides the result, with all defaults filled in.
Json to_json(const Recipe& recipe);

/// The keys in which two recipes (as `to_json` gives them) differ so that a run of one cannot be
/// continued with the other ("train.learning_rate"). Length, budget, reporting and folders may
/// change.
std::vector<std::string> changed_keys(const Json& before, const Json& after);

}  // namespace lienzo::training
