#include "lienzo/checkpoints/part_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/weights/open_tensor_file.h"

namespace lienzo::checkpoints {
namespace {

namespace fs = std::filesystem;

// A file of weights, or the list of its shards, with the variant that its name tells.
struct Candidate {
  fs::path path;
  std::string variant;
  int rank = 0;  // the smaller the better
};

// "model.fp16.safetensors" -> "fp16" for stem "model" and ending ".safetensors".
bool fits(std::string_view file,
          std::string_view stem,
          std::string_view ending,
          std::string& variant) {
  if (!file.starts_with(stem) || !file.ends_with(ending)) return false;
  if (file.size() == stem.size() + ending.size()) {
    variant.clear();
    return true;
  }
  const std::string_view middle =
      file.substr(stem.size(), file.size() - stem.size() - ending.size());
  if (middle.size() < 2 || middle.front() != '.') return false;
  variant = middle.substr(1);
  // A shard is no variant: "-00001-of-00002", with or without one before it.
  return variant.find('.') == std::string::npos && variant.find("-of-") == std::string::npos;
}

// "x.safetensors.index.json", "x.safetensors.index.fp16.json", "x.fp16.safetensors.index.json".
bool fits_index(std::string_view file, std::string_view stem, std::string& variant) {
  if (fits(file, stem, ".safetensors.index.json", variant)) return true;
  return fits(file, std::string(stem) + ".safetensors.index", ".json", variant);
}

std::vector<Candidate> candidates(const fs::path& folder) {
  std::vector<Candidate> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string file = entry.path().filename().string();
    std::string variant;
    for (const std::string_view stem : {"diffusion_pytorch_model", "model"}) {
      if (fits(file, stem, ".safetensors", variant)) found.push_back({entry.path(), variant, 0});
      if (fits_index(file, stem, variant)) found.push_back({entry.path(), variant, 1});
    }
    for (const std::string_view stem : {"diffusion_pytorch_model", "pytorch_model"})
      if (fits(file, stem, ".bin", variant)) found.push_back({entry.path(), variant, 2});
  }
  std::sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.variant, a.rank, a.path) < std::tie(b.variant, b.rank, b.path);
  });
  return found;
}

fs::path choose(const fs::path& folder, std::string_view variant, std::string_view label) {
  const std::vector<Candidate> found = candidates(folder);
  std::set<std::string> variants;
  for (const Candidate& candidate : found) {
    if (candidate.variant == variant) return candidate.path;
    variants.insert(candidate.variant);
  }
  if (variant.empty() && variants.size() == 1) return found.front().path;
  std::string there = "there are no weights";
  if (!variants.empty()) {
    std::vector<std::string> names;
    names.reserve(variants.size());
    for (const std::string& each : variants)
      names.push_back(each.empty() ? "no variant" : "'" + each + "'");
    there = fmt::format("there is {}", fmt::join(names, ", "));
  }
  throw Error(ErrorKind::kNotFound,
              fmt::format("[{}] {}: no weights{}, expected diffusion_pytorch_model{} or "
                          "model{} (.safetensors, its .index.json, or .bin); {}",
                          label,
                          folder.string(),
                          variant.empty() ? "" : fmt::format(" of variant '{}'", variant),
                          variant.empty() ? "" : fmt::format(".{}", variant),
                          variant.empty() ? "" : fmt::format(".{}", variant),
                          there));
}

}  // namespace

PartFiles open_part_folder(const fs::path& folder,
                           std::string_view variant,
                           std::string_view label) {
  PartFiles files;
  files.config_where = fmt::format("[{}] {}", label, (folder / "config.json").string());
  files.config = parse_json(read_text_file(folder / "config.json"), files.config_where);
  files.tensors = weights::open_tensor_file(choose(folder, variant, label));
  return files;
}

}  // namespace lienzo::checkpoints
