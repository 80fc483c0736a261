#pragma once

#include <filesystem>

namespace lienzo::cli {

/// Where models are kept, and where `lienzo model pull` puts them: `given` (from --folder) if it is
/// not empty, else $LIENZO_MODELS, else lienzo/models in $XDG_DATA_HOME or ~/.local/share. It need
/// not exist. Throws Error(kInvalidInput) when the environment names no place.
std::filesystem::path models_folder(const std::filesystem::path& given = {});

/// The model that --model names: a file or folder, else a model of models_folder() or one that came
/// with the program; the embedded model when `given` is empty. Throws as hub::find_local_model.
std::filesystem::path find_model(const std::filesystem::path& given);

/// The folder with CLIP's vocab.json and merges.txt, for checkpoints in a single file: "tokenizer"
/// beside `checkpoint` if it is there, else the one of models_folder(). Throws Error(kNotFound),
/// saying how to get it.
std::filesystem::path find_vocabulary(const std::filesystem::path& checkpoint);

/// The folder of the embedded model: what find_model makes of `given`, else the first of mini in
/// models_folder(), <program>/../share/lienzo/models and models of the source tree that holds a
/// model.json. Throws Error(kNotFound) naming every place that was looked at.
std::filesystem::path find_model_folder(const std::filesystem::path& given);

/// The same for the checker of pictures: checker.safetensors in the folder `checker` beside `mini`;
/// `given` is a path.
std::filesystem::path find_checker_folder(const std::filesystem::path& given);

}  // namespace lienzo::cli
