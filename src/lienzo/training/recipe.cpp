#include "lienzo/training/recipe.h"

#include <set>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/toml.h"

namespace lienzo::training {
namespace {

// One list for reading and writing, so that no option can be in only one of them.
template <typename Options, typename Visit>
void visit_options(Options& o, Visit&& visit) {
  visit("steps", o.steps);
  visit("batch_size", o.batch_size);
  visit("accumulate", o.accumulate);
  visit("learning_rate", o.learning_rate);
  visit("betas", o.betas);
  visit("epsilon", o.epsilon);
  visit("weight_decay", o.weight_decay);
  visit("warmup_steps", o.warmup_steps);
  visit("schedule", o.schedule);
  visit("decay_start", o.decay_start);
  visit("final_fraction", o.final_fraction);
  visit("grad_clip", o.grad_clip);
  visit("ema_decay", o.ema_decay);
  visit("precision", o.precision);
  visit("device", o.device);
  visit("init", o.init);
  visit("seed", o.seed);
  visit("threads", o.threads);
  visit("loader_threads", o.loader_threads);
  visit("log_every", o.log_every);
  visit("sample_every", o.sample_every);
  visit("validate_every", o.validate_every);
  visit("checkpoint_every", o.checkpoint_every);
  visit("keep_checkpoints", o.keep_checkpoints);
  visit("budget_minutes", o.budget_minutes);
  visit("max_minutes", o.max_minutes);
}

void collect_changes(const Json& before,
                     const Json& after,
                     const std::string& prefix,
                     std::vector<std::string>& changes) {
  if (!before.is_object() || !after.is_object()) {
    if (before != after) changes.push_back(prefix);
    return;
  }
  auto path = [&](const std::string& key) { return prefix.empty() ? key : prefix + "." + key; };
  for (const auto& [key, value] : before.items()) {
    if (after.contains(key)) {
      collect_changes(value, after.at(key), path(key), changes);
    } else {
      changes.push_back(path(key));
    }
  }
  for (const auto& [key, value] : after.items()) {
    if (!before.contains(key)) changes.push_back(path(key));
  }
}

}  // namespace

void validate(const TrainOptions& o, const std::string& where) {
  auto require = [&](bool ok, const std::string& key, const std::string& expected) {
    if (!ok)
      throw Error(ErrorKind::kInvalidInput, where + ": [train] '" + key + "' must be " + expected);
  };
  auto positive = [&](const char* key, double value) { require(value > 0, key, "more than 0"); };
  auto not_negative = [&](const char* key, double value) { require(value >= 0, key, "0 or more"); };
  positive("steps", static_cast<double>(o.steps));
  positive("batch_size", static_cast<double>(o.batch_size));
  positive("accumulate", static_cast<double>(o.accumulate));
  positive("learning_rate", o.learning_rate);
  positive("epsilon", o.epsilon);
  positive("log_every", static_cast<double>(o.log_every));
  positive("keep_checkpoints", static_cast<double>(o.keep_checkpoints));
  not_negative("weight_decay", o.weight_decay);
  not_negative("warmup_steps", static_cast<double>(o.warmup_steps));
  not_negative("grad_clip", o.grad_clip);
  not_negative("threads", static_cast<double>(o.threads));
  not_negative("sample_every", static_cast<double>(o.sample_every));
  not_negative("validate_every", static_cast<double>(o.validate_every));
  not_negative("checkpoint_every", static_cast<double>(o.checkpoint_every));
  not_negative("budget_minutes", o.budget_minutes);
  not_negative("max_minutes", o.max_minutes);
  require(o.loader_threads >= 0 && o.loader_threads <= 64, "loader_threads", "0 to 64");
  require(
      o.betas.size() == 2 && o.betas[0] >= 0 && o.betas[0] < 1 && o.betas[1] >= 0 && o.betas[1] < 1,
      "betas",
      "two numbers from 0 to below 1");
  require(o.decay_start >= 0 && o.decay_start < 1, "decay_start", "0 to below 1");
  require(o.final_fraction >= 0 && o.final_fraction <= 1, "final_fraction", "0 to 1");
  require(o.ema_decay >= 0 && o.ema_decay < 1, "ema_decay", "0 to below 1");
  require(o.schedule == "constant" || o.schedule == "linear" || o.schedule == "cosine",
          "schedule",
          "\"constant\", \"linear\" or \"cosine\", got \"" + o.schedule + "\"");
  require(o.precision == "fp32" || o.precision == "bf16" || o.precision == "auto",
          "precision",
          "\"fp32\", \"bf16\" or \"auto\", got \"" + o.precision + "\"");
}

Recipe recipe_from_json(const Json& json, const std::string& where) {
  Recipe recipe;
  recipe.source = where;
  ConfigReader reader(json, where);
  reader.required("kind", recipe.kind);
  recipe.name = recipe.kind;
  reader.optional("name", recipe.name);
  std::string output = "runs/" + recipe.name;
  reader.optional("output", output);
  recipe.output = output;
  ConfigReader train = reader.child("train");
  visit_options(recipe.train, [&](const char* key, auto& value) { train.optional(key, value); });
  train.finish();
  reader.child("task");  // must be a table; what is in it only the task knows
  reader.optional("task", recipe.task);
  reader.finish();
  validate(recipe.train, where);
  return recipe;
}

Recipe recipe_from_toml(const std::string& text, const std::string& where) {
  Recipe recipe = recipe_from_json(parse_toml(text, where), where);
  recipe.text = text;
  return recipe;
}

Recipe load_recipe(const std::filesystem::path& path) {
  return recipe_from_toml(read_text_file(path), path.string());
}

Json to_json(const Recipe& recipe) {
  Json train = Json::object();
  visit_options(recipe.train, [&](const char* key, const auto& value) { train[key] = value; });
  return {{"kind", recipe.kind}, {"name", recipe.name}, {"train", train}, {"task", recipe.task}};
}

std::vector<std::string> changed_keys(const Json& before, const Json& after) {
  static const std::set<std::string> free = {
      "name",
      "train.steps",
      "train.device",
      "train.threads",
      "train.loader_threads",
      "train.log_every",
      "train.sample_every",
      "train.validate_every",
      "train.checkpoint_every",
      "train.keep_checkpoints",
      "train.budget_minutes",
      "train.max_minutes",
      // What is looked at, not what is learned.
      "task.sample_steps",
      "task.validation_pictures",
      "task.validation_captions",
  };
  std::vector<std::string> all, changes;
  collect_changes(before, after, "", all);
  for (std::string& key : all) {
    if (!free.contains(key)) changes.push_back(std::move(key));
  }
  return changes;
}

}  // namespace lienzo::training
