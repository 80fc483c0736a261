#include "lienzo/cli/output_plan.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lienzo/base/error.h"
#include "lienzo/image/io.h"

namespace lienzo::cli {
namespace fs = std::filesystem;

OutputPlan::OutputPlan(const fs::path& output, const std::string& format, int files)
    : files_(files) {
  if (output == "-") {
    throw Error(ErrorKind::kInvalidInput,
                "[--output] pictures are not written to standard output; name a file, or a folder "
                "such as ./-");
  }
  const bool folder = output.empty() || fs::is_directory(output) || !output.has_filename() ||
                      !output.has_extension();
  if (folder) {
    if (fs::exists(output) && !fs::is_directory(output)) {
      throw Error(
          ErrorKind::kInvalidInput,
          fmt::format("[--output] {} is there and no folder; a picture's name ends in .png, "
                      ".jpg or .webp",
                      output.string()));
    }
    folder_ = output;
    extension_ = "." + (format.empty() ? "png" : format);
    if (!output.empty()) fs::create_directories(output);
  } else {
    const std::string named = image::format_of(output);
    if (!format.empty() && format != named) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[--output] {} is a name for {}, but --format says {}",
                              output.string(),
                              named,
                              format));
    }
    folder_ = output.parent_path();
    stem_ = output.stem().string();
    extension_ = output.extension().string();
    if (!folder_.empty() && !fs::is_directory(folder_)) {
      throw Error(ErrorKind::kNotFound,
                  fmt::format("[--output] there is no folder {}", folder_.string()));
    }
  }
  // Better told now than after the drawing.
  const fs::path where = folder_.empty() ? fs::path(".") : folder_;
  if (access(where.c_str(), W_OK | X_OK) != 0) {
    throw Error(
        ErrorKind::kIo,
        fmt::format("[--output] cannot write into {}: {}", where.string(), std::strerror(errno)));
  }
}

fs::path OutputPlan::picture(int index, uint64_t seed) const {
  if (stem_.empty()) return free_name(fmt::format("lienzo-{}", seed), extension_);
  return folder_ /
         (files_ > 1 ? fmt::format("{}-{}{}", stem_, index + 1, extension_) : stem_ + extension_);
}

fs::path OutputPlan::sheet(uint64_t first_seed) const {
  return stem_.empty() ? free_name(fmt::format("lienzo-{}-grid", first_seed), extension_)
                       : folder_ / (stem_ + extension_);
}

fs::path OutputPlan::companion(const fs::path& picture, const std::string& suffix) const {
  const std::string stem = picture.stem().string() + suffix;
  return stem_.empty() ? free_name(stem, ".png") : folder_ / (stem + ".png");
}

fs::path OutputPlan::free_name(const std::string& stem, const std::string& extension) const {
  fs::path path = folder_ / (stem + extension);
  for (int copy = 2; fs::exists(path); ++copy)
    path = folder_ / fmt::format("{}-{}{}", stem, copy, extension);
  return path;
}

}  // namespace lienzo::cli
