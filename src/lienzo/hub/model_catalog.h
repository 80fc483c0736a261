#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lienzo::hub {

/// A model with a short name.
struct CatalogEntry {
  std::string_view name;
  std::string_view repo;     // on the Hugging Face hub
  std::string_view what;     // one line for a person
  std::string_view licence;  // when it was entered; the model card at hand counts
  double gigabytes = 0;      // about, without a variant; 1e9 bytes
};

/// All of them, in the order to show.
std::span<const CatalogEntry> model_catalog();

/// The entry of that name, or nullptr.
const CatalogEntry* find_in_catalog(std::string_view name);

/// Their names, for suggestions.
std::vector<std::string> catalog_names();

/// The entry that brings the vocabulary of CLIP, which checkpoints in a single file do not contain:
/// vocab.json and merges.txt. It goes to the folder "tokenizer" of the model folder, where it
/// serves all of them.
inline constexpr std::string_view kClipVocabulary = "clip-vocabulary";
inline constexpr std::string_view kVocabularyFolder = "tokenizer";
inline constexpr std::string_view kVocabularyFiles[] = {"vocab.json", "merges.txt"};

/// What a person types behind `lienzo model pull`: a name of the catalogue, or
/// OWNER/REPO[@REVISION][:FILE].
struct ModelReference {
  std::string name;      // of the catalogue, or "owner/repo"
  std::string repo;      // "owner/repo"
  std::string revision;  // "" when not said
  std::string file;      // "" for what the repository needs

  bool operator==(const ModelReference&) const = default;
};

/// Throws Error(kNotFound) for a short name that is not in the catalogue, listing those that are;
/// Error(kInvalidInput) for what cannot be a repository or a file in one.
ModelReference parse_model_reference(const std::string& text);

}  // namespace lienzo::hub
