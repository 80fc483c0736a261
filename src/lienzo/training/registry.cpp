#include "lienzo/training/registry.h"

#include <fmt/format.h>

#include "lienzo/base/error.h"
#include "lienzo/training/tasks/autoencoder_task.h"
#include "lienzo/training/tasks/captioned_task.h"
#include "lienzo/training/tasks/checker_task.h"
#include "lienzo/training/tasks/scene_decoder_task.h"
#include "lienzo/training/tasks/scene_prior_task.h"
#include "lienzo/training/tasks/upscaler_task.h"

namespace lienzo::training {

std::map<std::string, TaskFactory>& task_registry() {
  static std::map<std::string, TaskFactory> registry = {
      {"autoencoder", make_autoencoder_task},
      {"captioned-pictures", make_captioned_task},
      {"checker", make_checker_task},
      {"scene-decoder", make_scene_decoder_task},
      {"scene-prior", make_scene_prior_task},
      {"scene-upscaler", make_upscaler_task},
  };
  return registry;
}

std::unique_ptr<Task> make_task(const Recipe& recipe) {
  const auto found = task_registry().find(recipe.kind);
  if (found != task_registry().end()) return found->second(recipe);
  std::string known;
  for (const auto& item : task_registry()) known += (known.empty() ? "" : ", ") + item.first;
  throw Error(
      ErrorKind::kInvalidInput,
      fmt::format(
          "{}: unknown kind \"{}\", expected one of: {}", recipe.source, recipe.kind, known));
}

}  // namespace lienzo::training
