#include "lienzo/cli/drawing_model.h"

#include "lienzo/base/error.h"
#include "lienzo/cli/model_folder.h"
#include "lienzo/provenance/record.h"

namespace lienzo::cli {

namespace fs = std::filesystem;

fs::path find_drawing_model(const ImagineOptions& options) {
  if (!options.model.empty()) return find_model(options.model);
  if (!options.like.empty()) {
    const provenance::Record record = provenance::read_record(options.like);
    // Records of Stable Diffusion say in which type of numbers it was computed.
    if (record.extra.contains("dtype")) return find_model(record.model);
  }
  return find_model_folder({});
}

bool is_lienzo_folder(const fs::path& model) {
  std::error_code ignored;
  return fs::is_regular_file(model / "model.json", ignored);
}

fs::path vocabulary_beside(const fs::path& model) {
  try {
    return find_vocabulary(model);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNotFound) throw;
    return {};
  }
}

}  // namespace lienzo::cli
