#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lienzo/service/engine.h"

namespace lienzo::engine {

/// One model that can be loaded.
struct Entry {
  service::ModelFacts facts = {};
  std::filesystem::path path = {};
  bool own = false;           // a folder that Lienzo wrote, with a model.json
  bool has_scenes = false;    // the embedded model's kind
  bool upscales = false;      // and nothing else
  uint64_t weight_bytes = 0;  // roughly what it takes in memory
};

/// The embedded model and those of the model folder, looked at again when a folder changed. Nothing
/// but tables of contents is read.
class ModelCatalogue {
 public:
  ModelCatalogue(std::filesystem::path embedded, std::filesystem::path models);

  /// The default first. Files that are no models are left out.
  std::vector<Entry> entries();
  /// The model that `id` stands for: its id, its file's name, the beginning of its hash; the
  /// default for "". Throws Error(kNotFound) naming the models there are.
  Entry find(const std::string& id);

 private:
  std::optional<Entry> look_at(const std::filesystem::path& path, const std::string& id);

  const std::filesystem::path embedded_, models_;
  std::mutex mutex_;
  // By path: when the file was last changed, and what it is; nothing for what is no model.
  std::map<std::filesystem::path, std::pair<std::filesystem::file_time_type, std::optional<Entry>>>
      seen_;
};

}  // namespace lienzo::engine
