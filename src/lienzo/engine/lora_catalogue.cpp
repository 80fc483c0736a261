#include "lienzo/engine/lora_catalogue.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/base/suggest.h"
#include "lienzo/hub/model_store.h"
#include "lienzo/hub/weight_name.h"

namespace lienzo::engine {
namespace {

namespace fs = std::filesystem;

void name_entries(std::vector<LoraEntry>& entries) {
  std::map<std::string, int> names;
  for (const LoraEntry& entry : entries) ++names[lora_name(entry.file)];
  for (LoraEntry& entry : entries) {
    const std::string name = lora_name(entry.file);
    entry.name = names[name] == 1 ? name : hub::without_extension(entry.file);
  }
}

[[noreturn]] void report_missing(const std::string& name, const std::vector<LoraEntry>& entries) {
  constexpr size_t kShown = 20;
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const LoraEntry& entry : entries) names.push_back(entry.name);
  const std::string near = suggestion(name, names);
  std::sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return std::pair(edit_distance(name, a), a) < std::pair(edit_distance(name, b), b);
  });
  const size_t more = names.size() > kShown ? names.size() - kShown : 0;
  names.resize(names.size() - more);
  throw Error(ErrorKind::kNotFound,
              fmt::format("[lora] there is no LoRA '{}' in the model folder{}; it holds {}{}",
                          name.substr(0, 100),
                          near,
                          names.empty() ? "none: put LoRA files into its folder 'loras'"
                                        : fmt::format("{}", fmt::join(names, ", ")),
                          more > 0 ? fmt::format(" and {} more", more) : ""));
}

}  // namespace

std::string lora_name(const fs::path& file) {
  const std::string stem = file.stem().string(), folder = file.parent_path().filename().string();
  const bool common = stem == "adapter_model" || stem == "pytorch_lora_weights";
  return common && !folder.empty() && folder != ".." && folder != "." ? folder : stem;
}

std::vector<LoraEntry> LoraCatalogue::entries() {
  std::vector<LoraEntry> entries;
  if (models_.empty()) return entries;
  const std::scoped_lock lock(mutex_);
  for (const hub::LocalModel& local : hub::list_models(models_)) {
    if (local.kind != hub::ModelKind::kSingleFile) continue;
    std::error_code ignored;
    const auto changed = fs::last_write_time(local.path, ignored);
    const auto [place, added] = seen_.try_emplace(local.path);
    auto& [when, facts] = place->second;
    if (added || when != changed) {
      facts = checkpoints::look_at_lora(local.path);
      when = changed;
    }
    if (!facts) continue;
    const auto alias = facts->metadata.find("ss_output_name");
    entries.push_back({.name = {},
                       .alias = alias == facts->metadata.end() ? "" : alias->second,
                       .file = local.name,
                       .path = local.path,
                       .bytes = local.bytes,
                       .facts = *facts});
  }
  name_entries(entries);
  return entries;
}

LoraEntry LoraCatalogue::find(const std::string& name) {
  const std::vector<LoraEntry> all = entries();
  using Called = std::string (*)(const LoraEntry&);
  for (const Called called :
       {Called([](const LoraEntry& e) { return e.file; }),
        Called([](const LoraEntry& e) { return hub::without_extension(e.file); }),
        Called([](const LoraEntry& e) { return hub::leaf_of(e.file); }),
        Called([](const LoraEntry& e) { return lora_name(e.file); }),
        Called([](const LoraEntry& e) { return hub::leaf_of(hub::without_extension(e.file)); }),
        Called([](const LoraEntry& e) { return e.alias; })}) {
    std::vector<const LoraEntry*> fitting;
    for (const LoraEntry& entry : all) {
      if (!name.empty() && called(entry) == name) fitting.push_back(&entry);
    }
    if (fitting.size() == 1) return *fitting.front();
    if (fitting.empty()) continue;
    std::vector<std::string> files;
    files.reserve(fitting.size());
    for (const LoraEntry* entry : fitting) files.push_back(entry->file);
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format(
            "[lora] '{}' may be {}; say which", name.substr(0, 100), fmt::join(files, " or ")));
  }
  report_missing(name, all);
}

}  // namespace lienzo::engine
