#include "lienzo/cli/model_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/hub/model_catalog.h"
#include "lienzo/hub/model_store.h"

namespace lienzo::cli {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// What a variable of the environment names, empty when it is not set.
fs::path path_in(const char* variable) {
  const char* value = std::getenv(variable);
  return value ? value : "";
}

// As models_folder(), empty where the environment names no place.
fs::path own_folder() {
  if (fs::path models = path_in("LIENZO_MODELS"); !models.empty()) return models;
  // Relative paths do not count (XDG Base Directory Specification).
  if (const fs::path data = path_in("XDG_DATA_HOME"); data.is_absolute())
    return data / "lienzo/models";
  if (const fs::path home = path_in("HOME"); !home.empty())
    return home / ".local/share/lienzo/models";
  return {};
}

// Where a part of the program's own models may be, best first.
std::vector<fs::path> usual_places(const fs::path& part) {
  std::vector<fs::path> places;
  if (const fs::path own = own_folder(); !own.empty()) places.push_back(own / part);
  std::error_code problem;
  const fs::path program = fs::read_symlink("/proc/self/exe", problem);
  if (!problem)
    places.push_back(program.parent_path().parent_path() / "share/lienzo/models" / part);
  places.push_back(fs::path(LIENZO_SOURCE_MODELS) / part);
  return places;
}

void require_file(const fs::path& folder, const std::string& option, const std::string& file) {
  if (is_file(folder / file)) return;
  throw Error(
      ErrorKind::kNotFound,
      fmt::format(
          "[{}] {} is not such a folder, expected {} in it", option, folder.string(), file));
}

fs::path find_own(const std::string& option, const std::string& part, const std::string& file) {
  std::string looked;
  for (const fs::path& place : usual_places(part)) {
    if (is_file(place / file)) return place;
    looked += "\n  " + place.string();
  }
  throw Error(ErrorKind::kNotFound,
              fmt::format("[model] no {} was found; name its folder with {}, or set LIENZO_MODELS "
                          "to the folder that holds "
                          "'{}'. Looked at:{}",
                          file,
                          option,
                          part,
                          looked));
}

bool has_vocabulary(const fs::path& folder) {
  return std::all_of(std::begin(hub::kVocabularyFiles),
                     std::end(hub::kVocabularyFiles),
                     [&](std::string_view name) { return is_file(folder / name); });
}

}  // namespace

fs::path models_folder(const fs::path& given) {
  fs::path folder = given.empty() ? own_folder() : given;
  if (!folder.empty()) return folder;
  throw Error(ErrorKind::kInvalidInput,
              "[model] neither LIENZO_MODELS nor HOME is set; say where models are kept with "
              "--folder or LIENZO_MODELS");
}

fs::path find_model(const fs::path& given) {
  if (given.empty()) return find_own("--model", "mini", "model.json");
  std::error_code ignored;
  if (fs::exists(given, ignored)) return given;
  if (given.is_relative()) {
    for (const fs::path& place : usual_places(given)) {
      if (is_file(place / "model.json")) return place;
    }
  }
  return hub::find_local_model(models_folder(), given.string()).path;
}

fs::path find_vocabulary(const fs::path& checkpoint) {
  fs::path beside = checkpoint.parent_path() / hub::kVocabularyFolder;
  if (has_vocabulary(beside)) return beside;
  fs::path shared = models_folder() / hub::kVocabularyFolder;
  if (has_vocabulary(shared)) return shared;
  throw Error(ErrorKind::kNotFound,
              fmt::format("[model] {} needs the vocabulary of CLIP, vocab.json and merges.txt, "
                          "which a checkpoint in a single file does not contain; get it with: "
                          "lienzo model pull {}, or put the two files into {}",
                          checkpoint.string(),
                          hub::kClipVocabulary,
                          shared.string()));
}

fs::path find_model_folder(const fs::path& given) {
  fs::path folder = find_model(given);
  require_file(folder, "--model", "model.json");
  return folder;
}

fs::path find_checker_folder(const fs::path& given) {
  if (given.empty()) return find_own("--checker", "checker", "checker.safetensors");
  require_file(given, "--checker", "checker.safetensors");
  return given;
}

}  // namespace lienzo::cli
