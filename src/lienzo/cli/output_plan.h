#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace lienzo::cli {

/// Where pictures go. Without `output`, lienzo-<seed>.png in the current folder; a folder
/// (existing, or written with a slash at the end or without an extension, and then made) gets the
/// same names. Such names are never those of files that exist: -2, -3... are added. A file name is
/// taken as it is; for several pictures, -1, -2... are added.
class OutputPlan {
 public:
  /// `format` is png, jpg, webp or empty: then that of the file name, else png. `files` is how many
  /// pictures there will be. Throws Error: kInvalidInput for an unknown extension or one that is
  /// not `format`; kNotFound when the folder of a file name does not exist; kIo when nothing can be
  /// written there.
  OutputPlan(const std::filesystem::path& output, const std::string& format, int files);

  /// The file for picture `index` (0, 1...).
  std::filesystem::path picture(int index, uint64_t seed) const;
  /// The file for all pictures on one sheet.
  std::filesystem::path sheet(uint64_t first_seed) const;
  /// A PNG beside a picture: lienzo-42-scene.png for lienzo-42.png.
  std::filesystem::path companion(const std::filesystem::path& picture,
                                  const std::string& suffix) const;

 private:
  std::filesystem::path free_name(const std::string& stem, const std::string& extension) const;

  std::filesystem::path folder_;
  std::string stem_;       // of the file name given; empty when names are ours
  std::string extension_;  // with its dot
  int files_;
};

}  // namespace lienzo::cli
