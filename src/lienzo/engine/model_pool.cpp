#include "lienzo/engine/model_pool.h"

#include <unistd.h>

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/engine/request_loras.h"

namespace lienzo::engine {
namespace {

namespace fs = std::filesystem;

uint64_t half_of_memory() {
  return static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) / 2;
}

fs::file_time_type time_of(const fs::path& path) {
  std::error_code ignored;
  return fs::last_write_time(path, ignored);
}

}  // namespace

ModelPool::ModelPool(const EngineOptions& options)
    : options_(options),
      budget_(options.memory_budget > 0 ? options.memory_budget : half_of_memory()) {}

bool ModelPool::holds(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  return std::any_of(held_.begin(), held_.end(), [&](const Held& held) { return held.id == id; });
}

std::shared_ptr<LoadedModel> ModelPool::load(
    const Entry& entry, const std::vector<pipelines::LoraChoice>& loras) const {
  if (entry.own) return std::make_shared<LoadedModel>(pipelines::AnyModel::load(entry.path));
  if (entry.upscales) {
    return std::make_shared<LoadedModel>(pipelines::PictureUpscaler::load(
        entry.path, {.dtype = options_.dtype, .device = options_.device}));
  }
  return std::make_shared<LoadedModel>(
      pipelines::StableDiffusion::load(entry.path,
                                       {.vocabulary = options_.vocabulary,
                                        .tiny_autoencoder = options_.tiny_autoencoder,
                                        .loras = loras,
                                        .dtype = options_.dtype,
                                        .device = options_.device,
                                        .digest_cache = options_.digest_cache}));
}

std::shared_ptr<LoadedModel> ModelPool::get(const Entry& entry,
                                            const std::vector<pipelines::LoraChoice>& loras,
                                            const std::function<void()>& loading) {
  const std::string key = pool_key(loras);
  const fs::file_time_type changed = time_of(entry.path);
  {
    const std::scoped_lock lock(mutex_);
    const auto found = std::find_if(held_.begin(), held_.end(), [&](const Held& held) {
      return held.id == entry.facts.id && held.loras == key;
    });
    if (found != held_.end() && found->changed == changed) {
      held_.splice(held_.begin(), held_, found);
      return held_.front().model;
    }
    if (found != held_.end()) held_.erase(found);
    // Room first: two large models at once may not fit.
    uint64_t used = entry.weight_bytes;
    for (const Held& held : held_) used += held.bytes;
    while (used > budget_ && !held_.empty()) {
      used -= held_.back().bytes;
      held_.pop_back();
    }
  }
  if (loading) loading();
  std::shared_ptr<LoadedModel> model;
  try {
    model = load(entry, loras);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kOutOfMemory) throw;
    {
      const std::scoped_lock lock(mutex_);
      if (held_.empty()) throw;
      held_.clear();
    }
    model = load(entry, loras);
  }
  const std::scoped_lock lock(mutex_);
  held_.push_front({entry.facts.id, key, changed, entry.weight_bytes, model});
  return model;
}

}  // namespace lienzo::engine
