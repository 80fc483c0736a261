#include "lienzo/hub/model_store.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/model_card.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/base/printable.h"
#include "lienzo/base/suggest.h"
#include "lienzo/base/utf8.h"
#include "lienzo/hub/model_catalog.h"
#include "lienzo/hub/pull.h"
#include "lienzo/hub/weight_name.h"

namespace lienzo::hub {
namespace {

namespace fs = std::filesystem;

constexpr int kDeepest = 4;
constexpr size_t kMostSettingsBytes = size_t{4} << 20;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// What a folder holds, sorted; nothing where it cannot be read.
std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code problem;
  for (fs::directory_iterator it(folder, problem), end; !problem && it != end;
       it.increment(problem)) {
    const std::string leaf = it->path().filename().string();
    if (!leaf.starts_with('.') && is_valid_utf8(leaf)) paths.push_back(it->path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

uint64_t bytes_below(const fs::path& folder, int depth) {
  uint64_t sum = 0;
  std::error_code problem;
  for (const fs::path& path : entries(folder)) {
    if (is_file(path)) {
      const uint64_t size = fs::file_size(path, problem);
      sum += problem ? 0 : size;
    } else if (depth < kDeepest && fs::is_directory(path, problem)) {
      sum += bytes_below(path, depth + 1);
    }
  }
  return sum;
}

// A text in a JSON file, "" where it is not there; whether the file is right is its loader's
// affair.
std::string text_in(const fs::path& path, const char* key) {
  try {
    const Json object = parse_json(read_text_file(path, kMostSettingsBytes), path.string());
    const auto found = object.is_object() ? object.find(key) : object.end();
    return found != object.end() && found->is_string() ? printable(found->get<std::string>(), 300)
                                                       : std::string();
  } catch (const Error&) {
    return {};
  }
}

bool has_part_weights(const fs::path& folder) {
  const std::vector<fs::path> paths = entries(folder);
  return std::any_of(paths.begin(), paths.end(), [](const fs::path& path) {
    return parse_weight_name(path.filename().string()).has_value();
  });
}

/// Goes through a model folder.
class Lister {
 public:
  explicit Lister(const fs::path& root) : root_(root) {}

  std::vector<LocalModel> list() {
    visit(root_, 0);
    return std::move(models_);
  }

 private:
  void visit(const fs::path& folder, int depth) {
    const bool is_model = depth > 0 && add_folder(folder);
    const bool has_other_files = !is_model || models_.back().kind == ModelKind::kDiffusersFolder;
    for (const fs::path& path : entries(folder)) {
      std::error_code ignored;
      if (is_file(path)) {
        if (has_other_files && is_checkpoint_name(path.filename().string())) add_single(path);
      } else if (!is_model && depth < kDeepest && fs::is_directory(path, ignored)) {
        const std::string leaf = path.filename().string();
        const bool is_part_of_program =
            (depth == 0 && leaf == kVocabularyFolder) || is_file(path / "checker.safetensors");
        if (!is_part_of_program) visit(path, depth + 1);
      }
    }
  }

  bool add_folder(const fs::path& folder) {
    LocalModel model;
    if (is_file(folder / "model_index.json")) {
      model.kind = ModelKind::kDiffusersFolder;
      model.family = text_in(folder / "model_index.json", "_class_name");
    } else if (is_file(folder / "model.json")) {
      model.kind = ModelKind::kLienzoFolder;
      model.family = text_in(folder / "model.json", "kind");
    } else if (is_file(folder / kUnfinishedMark)) {
      model.kind = ModelKind::kDiffusersFolder;
    } else if (is_file(folder / "config.json") && has_part_weights(folder)) {
      model.kind = ModelKind::kPart;
      model.family = text_in(folder / "config.json", "_class_name");
    } else {
      return false;
    }
    if (is_file(folder / kUnfinishedMark)) {
      model.unfinished = text_in(folder / kUnfinishedMark, "command");
      if (model.unfinished.empty()) model.unfinished = "lienzo model pull";
    }
    model.bytes = bytes_below(folder, 0);
    model.licence = licence_in(folder);
    add(std::move(model), folder);
    return true;
  }

  void add_single(const fs::path& path) {
    std::error_code problem;
    LocalModel model;
    model.bytes = fs::file_size(path, problem);
    if (problem) return;
    // The card stands in the folder of the repository, which may be above the file's.
    for (fs::path folder = path.parent_path(); folder != root_ && model.licence.empty();
         folder = folder.parent_path()) {
      model.licence = licence_in(folder);
    }
    add(std::move(model), path);
  }

  void add(LocalModel model, const fs::path& path) {
    model.path = path;
    model.name = path.lexically_relative(root_).generic_string();
    models_.push_back(std::move(model));
  }

  fs::path root_;
  std::vector<LocalModel> models_;
};

// The only model whose name, changed by `shorten`, is `wanted`.
template <class Shorten>
const LocalModel* only_match(const std::vector<LocalModel>& models,
                             const std::string& wanted,
                             Shorten shorten) {
  const LocalModel* match = nullptr;
  for (const LocalModel& model : models) {
    if (shorten(model.name) != wanted) continue;
    if (match) return nullptr;
    match = &model;
  }
  return match;
}

[[noreturn]] void report_missing(const fs::path& folder,
                                 const std::vector<LocalModel>& models,
                                 const std::string& name) {
  if (find_in_catalog(name)) {
    throw Error(ErrorKind::kNotFound,
                fmt::format("[model] {0} is not in {1} yet; get it with: lienzo model pull {0}",
                            name,
                            folder.string()));
  }
  std::vector<std::string> names;
  names.reserve(models.size());
  for (const LocalModel& model : models) names.push_back(model.name);
  std::vector<std::string> candidates = names;
  const std::vector<std::string> known = catalog_names();
  candidates.insert(candidates.end(), known.begin(), known.end());
  throw Error(ErrorKind::kNotFound,
              fmt::format("[model] no file, folder or model '{}'. {} holds: {}. More come with: "
                          "lienzo model pull NAME (or OWNER/REPO), NAME one of: {}{}",
                          name,
                          folder.string(),
                          names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", ")),
                          fmt::join(known, ", "),
                          suggestion(name, candidates)));
}

}  // namespace

std::string_view name(ModelKind kind) {
  switch (kind) {
    case ModelKind::kSingleFile: return "single file";
    case ModelKind::kDiffusersFolder: return "diffusers folder";
    case ModelKind::kPart: return "part";
    case ModelKind::kLienzoFolder: return "lienzo folder";
  }
  return "";
}

std::vector<LocalModel> list_models(const fs::path& folder) {
  std::vector<LocalModel> models = Lister(folder).list();
  std::sort(models.begin(), models.end(), [](const LocalModel& a, const LocalModel& b) {
    return a.name < b.name;
  });
  return models;
}

LocalModel find_local_model(const fs::path& folder, const std::string& name) {
  const std::vector<LocalModel> models = list_models(folder);
  const LocalModel* found = only_match(models, name, [](const std::string& n) { return n; });
  if (!found) found = only_match(models, name, without_extension);
  if (!found) found = only_match(models, name, leaf_of);
  if (!found) {
    found = only_match(
        models, name, [](const std::string& n) { return leaf_of(without_extension(n)); });
  }
  if (!found) report_missing(folder, models, name);
  if (!found->unfinished.empty()) {
    throw Error(
        ErrorKind::kUnsupported,
        fmt::format(
            "[model] {} is not wholly there yet; go on with: {}", found->name, found->unfinished));
  }
  return *found;
}

}  // namespace lienzo::hub
