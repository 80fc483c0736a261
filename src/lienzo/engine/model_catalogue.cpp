#include "lienzo/engine/model_catalogue.h"

#include <fmt/format.h>

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/base/field_error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/checkpoints/checkpoint.h"
#include "lienzo/checkpoints/upscaler.h"
#include "lienzo/diffusion/sampler_names.h"
#include "lienzo/diffusion/samplers/registry.h"
#include "lienzo/hub/model_store.h"
#include "lienzo/pipelines/embedded_model.h"

namespace lienzo::engine {
namespace {

namespace fs = std::filesystem;
using service::ModelFacts;
using service::Task;

// Models of Lienzo's own are flow models, which not every sampler can run.
std::vector<std::string> sampler_names(bool flow) {
  std::vector<std::string> names;
  for (const diffusion::Sampler& sampler : diffusion::samplers()) {
    if (!flow || sampler.flow) names.emplace_back(sampler.name);
  }
  return names;
}

std::vector<std::string> schedule_names() {
  std::vector<std::string> names;
  for (const diffusion::ScheduleNames& schedule : diffusion::schedule_names_elsewhere())
    names.emplace_back(schedule.ours);
  return names;
}

uint64_t bytes_below(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) return fs::file_size(path, ignored);
  uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path, ignored)) {
    if (entry.is_regular_file(ignored)) bytes += entry.file_size(ignored);
  }
  return bytes;
}

Entry own_model(const fs::path& folder, const std::string& id) {
  const fs::path file = folder / "model.json";
  const Json json = parse_json(read_text_file(file), "[model] " + file.filename().string());
  const Json kind = json.value("kind", Json()), name = json.value("name", Json());
  Entry entry{.path = folder, .own = true, .has_scenes = kind != "captioned-pictures"};
  ModelFacts& facts = entry.facts;
  facts.id = id;
  facts.name = name.is_string() ? name.get<std::string>() : id;
  facts.family = "Lienzo";
  facts.tasks = {Task::kImagine, Task::kVary, Task::kUpscale};
  facts.samplers = sampler_names(/*flow=*/true);
  const auto whole = [&](const char* key, int normal) {
    const Json value = json.value(key, Json());
    return value.is_number_integer() ? value.get<int>() : normal;
  };
  // The embedded model's "size" is what its decoder makes, before it is finished.
  facts.width = facts.height =
      entry.has_scenes ? pipelines::ImagineRequest{}.width : whole("size", 256);
  facts.smallest = pipelines::kSmallestSize;
  facts.largest = pipelines::kLargestSize;
  facts.multiple = entry.has_scenes ? 1 : 8;
  facts.square_only = true;
  facts.steps = whole("steps", 8);
  const Json guidance = json.value("guidance", Json());
  facts.guidance = guidance.is_number() ? guidance.get<double>() : 1.0;
  if (entry.has_scenes) {
    facts.note =
        "Draws a small world of solids and signs on simple grounds, from words in Spanish or "
        "English.";
  }
  return entry;
}

std::optional<Entry> checkpoint(const fs::path& path, const std::string& id) {
  const checkpoints::Checkpoint model = checkpoints::open_checkpoint(path);
  if (!checkpoints::draws(model.family) || !model.unet) return std::nullopt;
  Entry entry{.path = path};
  ModelFacts& facts = entry.facts;
  facts.id = id;
  facts.name = path.stem().string();
  facts.family = checkpoints::name(model.family);
  facts.tasks = {Task::kImagine, Task::kEdit, Task::kInpaint, Task::kVary, Task::kUpscale};
  if (model.family == checkpoints::Family::kSdXlRefiner)
    facts.tasks = {Task::kEdit, Task::kInpaint, Task::kVary, Task::kUpscale};
  facts.samplers = sampler_names(/*flow=*/false);
  facts.schedules = schedule_names();
  const int64_t factor = model.vae ? model.vae->config.factor() : 8;
  facts.width = facts.height = static_cast<int>(model.unet->config.sample_size * factor);
  facts.smallest = 64;
  facts.largest = 4096;
  facts.multiple = static_cast<int>(factor);
  facts.guidance = checkpoints::is_xl(model.family) ? 5.0 : 7.5;
  return entry;
}

Entry picture_upscaler(const fs::path& path, const std::string& id) {
  const checkpoints::Upscaler upscaler = checkpoints::open_upscaler(path);
  Entry entry{.path = path, .upscales = true};
  entry.facts.id = id;
  entry.facts.name = path.stem().string();
  entry.facts.family = upscaler.architecture();
  entry.facts.enlarges = static_cast<int>(upscaler.factor());
  entry.facts.note = fmt::format("Makes pictures {} times larger.", upscaler.factor());
  entry.facts.tasks = {Task::kUpscale};
  entry.facts.negative_prompt = false;
  return entry;
}

// Nothing for files that are no models.
std::optional<Entry> model_or_upscaler(const fs::path& path, const std::string& id) {
  std::error_code ignored;
  const bool file = fs::is_regular_file(path, ignored);
  return file && checkpoints::is_upscaler(path) ? picture_upscaler(path, id) : checkpoint(path, id);
}

}  // namespace

ModelCatalogue::ModelCatalogue(fs::path embedded, fs::path models)
    : embedded_(std::move(embedded)), models_(std::move(models)) {}

std::optional<Entry> ModelCatalogue::look_at(const fs::path& path, const std::string& id) {
  std::error_code ignored;
  const bool own = fs::is_regular_file(path / "model.json", ignored);
  const auto changed = fs::last_write_time(own ? path / "model.json" : path, ignored);
  const auto known = seen_.find(path);
  if (known != seen_.end() && known->second.first == changed) return known->second.second;
  std::optional<Entry> entry;
  try {
    entry = own ? own_model(path, id) : model_or_upscaler(path, id);
    if (entry) {
      entry->facts.file = path.filename().string();
      entry->facts.bytes = bytes_below(path);
      entry->weight_bytes = entry->facts.bytes;
    }
  } catch (const Error&) {  // something else than a model, which the folder may well hold
  }
  seen_[path] = {changed, entry};
  return entry;
}

std::vector<Entry> ModelCatalogue::entries() {
  const std::scoped_lock lock(mutex_);
  std::vector<Entry> all;
  if (!embedded_.empty()) {
    if (auto entry = look_at(embedded_, "mini")) all.push_back(std::move(*entry));
  }
  if (models_.empty()) return all;
  for (const hub::LocalModel& local : hub::list_models(models_)) {
    if (!local.unfinished.empty() || local.kind == hub::ModelKind::kPart) continue;
    std::error_code ignored;
    if (fs::equivalent(local.path, embedded_, ignored)) continue;
    std::string id = local.name;
    for (const char* ending : {".safetensors", ".ckpt", ".pt", ".pth", ".gguf"}) {
      if (id.ends_with(ending)) id.resize(id.size() - std::string_view(ending).size());
    }
    // Two files that differ in their ending only keep it.
    const bool taken = std::any_of(
        all.begin(), all.end(), [&](const Entry& other) { return other.facts.id == id; });
    if (auto entry = look_at(local.path, taken ? local.name : id)) all.push_back(std::move(*entry));
  }
  // The first is what is drawn with unless somebody says otherwise.
  std::stable_partition(all.begin(), all.end(), [](const Entry& entry) { return !entry.upscales; });
  return all;
}

Entry ModelCatalogue::find(const std::string& id) {
  std::vector<Entry> all = entries();
  std::string names;
  for (Entry& entry : all) {
    const ModelFacts& facts = entry.facts;
    const bool hash = id.size() >= 8 && facts.hash.starts_with(id);
    if (id.empty() || id == facts.id || id == facts.file || hash) return std::move(entry);
    names += (names.empty() ? "" : ", ") + facts.id;
  }
  if (all.empty()) {
    throw FieldError(ErrorKind::kNotFound,
                     "[model] there is none on this server; bring one with `lienzo model pull`",
                     "model");
  }
  throw FieldError(
      ErrorKind::kNotFound,
      fmt::format(
          "[model] there is no model '{}' here, expected one of {}", id.substr(0, 100), names),
      "model");
}

}  // namespace lienzo::engine
