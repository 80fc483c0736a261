#include "lienzo/training/default_recipe.h"

#include <fmt/format.h>

#include "lienzo/base/error.h"
#include "lienzo/base/json.h"
#include "lienzo/datasets/image_folder.h"

namespace lienzo::training {
namespace {

// A basic string of TOML is written as in JSON.
std::string quoted(const std::string& text) { return Json(text).dump(); }

}  // namespace

Recipe default_captioned_recipe(const std::filesystem::path& folder) {
  const auto entries = datasets::read_image_folder(folder);
  if (entries.size() < 2) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format(
            "[train] {} holds {} picture, expected at least 2; add some, each with its caption",
            folder.string(),
            entries.size()));
  }
  // One spelling for "pictures", "pictures/" and "./pictures": another path would be another
  // recipe, which a resumed training refuses.
  std::filesystem::path path = folder.lexically_normal();
  if (!path.has_filename() && path.has_relative_path()) path = path.parent_path();
  const std::filesystem::path whole = std::filesystem::canonical(folder);
  const std::string name = whole.has_filename() ? whole.filename().string() : "pictures";
  const std::string text = fmt::format(R"(# Words -> pictures, from {0} captioned pictures.
kind = "captioned-pictures"
name = {1}

[train]
steps = 20000
budget_minutes = 10         # the training ends, and is complete, after this time at the latest
batch_size = 16
learning_rate = 1.5e-3
schedule = "linear"
decay_start = 0.5
warmup_steps = 100
weight_decay = 0.01
ema_decay = 0.995
precision = "auto"
seed = 1
log_every = 20
sample_every = 500
validate_every = 500
checkpoint_every = 250

[task]
source = "folder"
path = {2}
size = 64
vocabulary = 1024
caption_dropout = 0.1
guidance = 2.0

[task.text]
width = 96
layers = 2
heads = 4

[task.network]
widths = [64, 96]
blocks = [1, 2]
embedding = 128
head = 24
)",
                                       entries.size(),
                                       quoted(name),
                                       quoted(path.string()));
  return recipe_from_toml(text, fmt::format("recipe for {}", folder.string()));
}

}  // namespace lienzo::training
