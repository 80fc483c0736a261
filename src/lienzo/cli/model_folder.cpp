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

// Where a part of the program's own models may be, best first.
std::vector<fs::path> usual_places(const std::string& part) {
  std::vector<fs::path> places;
  if (const char* models = std::getenv("LIENZO_MODELS"); models && *models)
    places.push_back(fs::path(models) / part);
  std::error_code problem;
  const fs::path program = fs::read_symlink("/proc/self/exe", problem);
  if (!problem)
    places.push_back(program.parent_path().parent_path() / "share/lienzo/models" / part);
  places.push_back(fs::path(LIENZO_SOURCE_MODELS) / part);
  return places;
}

fs::path find_part(const fs::path& given,
                   const std::string& option,
                   const std::string& part,
                   const std::string& file) {
  std::error_code ignored;
  if (!given.empty()) {
    if (fs::is_regular_file(given / file, ignored)) return given;
    throw Error(
        ErrorKind::kNotFound,
        fmt::format(
            "[{}] {} is not such a folder, expected {} in it", option, given.string(), file));
  }
  std::string looked;
  for (const fs::path& place : usual_places(part)) {
    if (fs::is_regular_file(place / file, ignored)) return place;
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

}  // namespace

fs::path find_model_folder(const fs::path& given) {
  return find_part(given, "--model", "mini", "model.json");
}

fs::path find_checker_folder(const fs::path& given) {
  return find_part(given, "--checker", "checker", "checker.safetensors");
}

}  // namespace lienzo::cli
