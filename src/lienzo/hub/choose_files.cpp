#include "lienzo/hub/choose_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "lienzo/base/error.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/base/suggest.h"
#include "lienzo/hub/weight_name.h"

namespace lienzo::hub {
namespace {

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

bool is_card(const std::string& path) {
  if (path == "README.md") return true;
  for (const char* name : {"LICENSE", "LICENCE", "License", "license"}) {
    if (path.starts_with(name) && path.find('/') == std::string::npos) return true;
  }
  return false;
}

// Settings and vocabularies: config.json, scheduler_config.json, vocab.json, merges.txt, ...
bool is_small_part(const std::string& leaf) {
  return (leaf.ends_with(".json") && !parse_weight_name(leaf)) || leaf == "merges.txt" ||
         leaf == "vocab.txt" || leaf.ends_with(".model");
}

// Folders that a diffusers pipeline is made of.
std::vector<std::string> parts_of(std::string_view model_index, const std::string& repo) {
  const std::string where = "[pull] model_index.json of " + repo;
  const Json object = parse_json(model_index, where);
  if (!object.is_object()) throw Error(ErrorKind::kCorrupt, where + " is not a JSON object");
  std::vector<std::string> parts;
  for (const auto& [name, value] : object.items()) {
    // "unet": ["diffusers", "UNet2DConditionModel"]; [null, null] when the pipeline has no such
    // part
    const bool there = value.is_array() && value.size() == 2 && value[1].is_string();
    if (there && name != "safety_checker") parts.push_back(name);
  }
  return parts;
}

/// The ways in which one folder offers its weights.
class WeightSets {
 public:
  WeightSets(const std::vector<HubFile>& all, const std::string& folder) {
    for (const HubFile& file : all) {
      if (folder_of(file.path) != folder) continue;
      const auto name = parse_weight_name(leaf_of(file.path));
      if (!name) continue;
      Set& set = sets_[{name->extension, name->variant, name->base}];
      set.files.push_back(file);
      if (!name->is_index) {
        ++set.pieces;
        set.shards = std::max(set.shards, name->shards);
      }
    }
    std::erase_if(sets_, [](const auto& each) { return each.second.pieces == 0; });
  }

  bool empty() const { return sets_.empty(); }

  void add_variants(std::set<std::string>& names) const {
    for (const auto& [key, set] : sets_) {
      if (!std::get<1>(key).empty()) names.insert(std::get<1>(key));
    }
  }

  bool has_variant(const std::string& variant) const {
    return std::any_of(sets_.begin(), sets_.end(), [&](const auto& each) {
      return std::get<1>(each.first) == variant;
    });
  }

  // The files of the best set. Throws when its shards are not all there.
  std::vector<HubFile> best(const std::string& variant, const std::string& where) const {
    const Set& set = best_set(variant);
    if (set.shards > 0 && set.pieces != set.shards) {
      throw Error(ErrorKind::kCorrupt,
                  fmt::format("[pull] {} offers {} of the {} pieces of its weights",
                              where,
                              set.pieces,
                              set.shards));
    }
    return set.files;
  }

 private:
  struct Set {
    std::vector<HubFile> files;
    int pieces = 0;  // without the index
    int shards = 0;  // that the names speak of; 0 for one piece
  };

  const Set& best_set(const std::string& variant) const {
    using Kind = std::pair<const char*, std::string>;
    std::vector<Kind> wanted;
    if (!variant.empty()) wanted = {{"safetensors", variant}, {"bin", variant}};
    for (const char* extension : {"safetensors", "bin"}) {
      wanted.emplace_back(extension, "");
      wanted.emplace_back(extension, "fp16");
    }
    for (const auto& [extension, each] : wanted) {
      for (const char* base : {"diffusion_pytorch_model", "model", "pytorch_model"}) {
        const auto found = sets_.find({extension, each, base});
        if (found != sets_.end()) return found->second;
      }
    }
    return sets_.begin()->second;
  }

  // extension, variant, base
  std::map<std::tuple<std::string, std::string, std::string>, Set> sets_;
};

void add_part(const std::vector<HubFile>& all,
              const std::string& folder,
              const WeightSets& weights,
              const std::string& variant,
              const std::string& repo,
              std::vector<HubFile>& chosen) {
  for (const HubFile& file : all) {
    if (folder_of(file.path) == folder && is_small_part(leaf_of(file.path))) chosen.push_back(file);
  }
  if (weights.empty()) return;
  const std::vector<HubFile> files = weights.best(variant, repo + "/" + folder);
  chosen.insert(chosen.end(), files.begin(), files.end());
}

std::vector<HubFile> choose_parts(const std::vector<HubFile>& all,
                                  const std::vector<std::string>& folders,
                                  const std::string& variant,
                                  const std::string& repo) {
  std::vector<HubFile> chosen;
  std::set<std::string> variants;
  bool has_weights = false;
  bool has_variant = false;
  for (const std::string& folder : folders) {
    const WeightSets weights(all, folder);
    has_weights |= !weights.empty();
    has_variant |= weights.has_variant(variant);
    weights.add_variants(variants);
    add_part(all, folder, weights, variant, repo, chosen);
  }
  if (!has_weights) {
    throw Error(ErrorKind::kNotFound,
                fmt::format("[pull] {} holds no weights, expected .safetensors or .bin in: {}",
                            repo,
                            fmt::join(folders, ", ")));
  }
  if (!variant.empty() && !has_variant) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format("[pull] {} has no variant '{}'; it has {}",
                    repo,
                    variant,
                    variants.empty() ? "none" : fmt::format("{}", fmt::join(variants, ", "))));
  }
  return chosen;
}

std::vector<HubFile> cards(const std::vector<HubFile>& all) {
  std::vector<HubFile> chosen;
  for (const HubFile& file : all) {
    if (is_card(file.path)) chosen.push_back(file);
  }
  return chosen;
}

const HubFile& only_checkpoint(const std::vector<HubFile>& all, const std::string& repo) {
  std::vector<std::string> names;
  for (const HubFile& file : all) {
    if (is_checkpoint_name(file.path)) names.push_back(file.path);
  }
  if (names.empty()) {
    throw Error(ErrorKind::kNotFound,
                fmt::format("[pull] {} holds no weights that Lienzo knows, expected "
                            "model_index.json, config.json or a checkpoint file",
                            repo));
  }
  if (names.size() > 1) {
    constexpr size_t kMostShown = 20;
    const size_t shown = std::min(names.size(), kMostShown);
    const std::string more =
        names.size() > shown ? fmt::format(" and {} more", names.size() - shown) : "";
    names.resize(shown);
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format("[pull] {0} holds several checkpoints; say which, as {0}:FILE, with one "
                    "of: {1}{2}",
                    repo,
                    fmt::join(names, ", "),
                    more));
  }
  return *find_file(all, names.front());
}

// The settings without which a LoRA that PEFT saved cannot be used, or nullptr.
const HubFile* settings_of(const std::vector<HubFile>& all, const HubFile& file) {
  if (!leaf_of(file.path).starts_with("adapter_model.")) return nullptr;
  const std::string folder = folder_of(file.path);
  return find_file(all, folder.empty() ? "adapter_config.json" : folder + "/adapter_config.json");
}

FileChoice with_cards(const std::vector<HubFile>& all, const HubFile& file) {
  FileChoice choice{.files = cards(all), .is_single_file = is_checkpoint_name(file.path)};
  if (const HubFile* settings = settings_of(all, file)) choice.files.push_back(*settings);
  if (!is_card(file.path)) choice.files.push_back(file);
  return choice;
}

}  // namespace

const HubFile* find_file(const std::vector<HubFile>& all, std::string_view path) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const HubFile& file) { return file.path == path; });
  return found == all.end() ? nullptr : &*found;
}

FileChoice choose_files(const std::vector<HubFile>& all,
                        std::string_view model_index,
                        const std::string& variant,
                        const std::string& repo) {
  FileChoice choice;
  if (const HubFile* index = find_file(all, "model_index.json")) {
    choice.files = choose_parts(all, parts_of(model_index, repo), variant, repo);
    choice.files.push_back(*index);
  } else if (find_file(all, "config.json") && !WeightSets(all, "").empty()) {
    choice.files = choose_parts(all, {""}, variant, repo);
  } else {
    if (!variant.empty()) {
      throw Error(
          ErrorKind::kInvalidInput,
          fmt::format("[pull] {} has no variants, as it is no diffusers folder; name a file "
                      "instead, as {}:FILE",
                      repo,
                      repo));
    }
    return with_cards(all, only_checkpoint(all, repo));
  }
  const std::vector<HubFile> papers = cards(all);
  choice.files.insert(choice.files.end(), papers.begin(), papers.end());
  return choice;
}

FileChoice choose_file(const std::vector<HubFile>& all,
                       const std::string& path,
                       const std::string& repo) {
  if (const HubFile* file = find_file(all, path)) return with_cards(all, *file);
  std::vector<std::string> names;
  names.reserve(all.size());
  for (const HubFile& file : all) names.push_back(file.path);
  throw Error(ErrorKind::kNotFound,
              fmt::format("[pull] {} has no file '{}'{}", repo, path, suggestion(path, names)));
}

}  // namespace lienzo::hub
