#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lienzo::hub {

enum class ModelKind {
  kSingleFile,       // a checkpoint in one file
  kDiffusersFolder,  // model_index.json and a folder for each part
  kPart,             // config.json and weights of one network, such as an autoencoder
  kLienzoFolder,     // model.json: written by Lienzo
};

/// "single file", "diffusers folder", "part", "lienzo folder".
std::string_view name(ModelKind kind);

/// A model on this disk, known from the names of its files and what they say about themselves;
/// weights are not looked into.
struct LocalModel {
  std::string name;  // its path below the model folder
  std::filesystem::path path;
  ModelKind kind = ModelKind::kSingleFile;
  std::string family = {};   // as its own files call it, such as "StableDiffusionPipeline"; or ""
  uint64_t bytes = 0;        // of all its files
  std::string licence = {};  // as its model card, README.md, names it; or ""
  std::string unfinished = {};  // the command that goes on bringing it; "" when it is whole
};

/// The models below `folder`, by name. A folder that does not exist holds none; what cannot be read
/// is left out, and so are the vocabulary, the checker of pictures, hidden files, unfinished
/// downloads of single files and what lies deeper than four folders.
std::vector<LocalModel> list_models(const std::filesystem::path& folder);

/// The model that `name` stands for among those: its name, or that without the extension or the
/// folders before it where only one fits. Throws Error(kNotFound), saying how to get it or what
/// there is; kUnsupported for one that is not wholly there.
LocalModel find_local_model(const std::filesystem::path& folder, const std::string& name);

}  // namespace lienzo::hub
