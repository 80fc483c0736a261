#include "lienzo/cli/model_folder.h"

#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

#include "lienzo/base/error.h"

namespace lienzo::cli {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> usual_places() {
  std::vector<fs::path> places;
  if (const char* models = std::getenv("LIENZO_MODELS"); models && *models) {
    places.push_back(fs::path(models) / "mini");
  }
  std::error_code problem;
  const fs::path program = fs::read_symlink("/proc/self/exe", problem);
  if (!problem) places.push_back(program.parent_path().parent_path() / "share/lienzo/models/mini");
  places.push_back(fs::path(LIENZO_SOURCE_MODELS) / "mini");
  return places;
}

bool holds_model(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "model.json", ignored);
}

}  // namespace

fs::path find_model_folder(const fs::path& given) {
  if (!given.empty()) {
    if (holds_model(given)) return given;
    throw Error(ErrorKind::kNotFound,
                fmt::format("[--model] {} is not a model's folder, expected model.json in it", given.string()));
  }
  std::string looked;
  for (const fs::path& place : usual_places()) {
    if (holds_model(place)) return place;
    looked += "\n  " + place.string();
  }
  throw Error(ErrorKind::kNotFound,
              fmt::format("[model] the embedded model was not found; name its folder with --model, or set LIENZO_MODELS "
                          "to the folder that holds it. Looked at:{}",
                          looked));
}

}  // namespace lienzo::cli
