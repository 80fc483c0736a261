#pragma once

#include <filesystem>
#include <utility>
#include <vector>

namespace lienzo::weights {

/// The files of several TensorFiles, given as pointers, one's after the other's.
template <typename Pointers>
std::vector<std::filesystem::path> files_of(const Pointers& parts) {
  std::vector<std::filesystem::path> files;
  for (const auto& part : parts) {
    for (std::filesystem::path& file : part->files()) files.push_back(std::move(file));
  }
  return files;
}

}  // namespace lienzo::weights
