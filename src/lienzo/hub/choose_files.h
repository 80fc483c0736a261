#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lienzo/hub/hub_listing.h"

namespace lienzo::hub {

/// What of a repository is brought.
struct FileChoice {
  std::vector<HubFile> files;
  bool is_single_file = false;  // a checkpoint in one file, so without a vocabulary
};

/// Of a diffusers repository: what model_index.json (its text) names, but not the safety checker,
/// which Lienzo does not use; of a part that stands alone (config.json in the repository's own
/// folder): that part; of a repository with one checkpoint file: that file. The model card and the
/// licence always come along. Each part comes once, as .safetensors rather than .bin, and in
/// `variant` where it has it; without one asked for, plain, and in fp16 where there is nothing
/// else. Copies for other programs (ONNX, OpenVINO, Flax, Core ML) stay.
/// Throws Error: kNotFound when there are no weights; kInvalidInput when there is a choice that the
/// caller must make (which file, which variant); kCorrupt for a model_index.json or a set of shards
/// that is not whole.
FileChoice choose_files(const std::vector<HubFile>& all,
                        std::string_view model_index,
                        const std::string& variant,
                        const std::string& repo);

/// One file named by the caller, with the model card and the licence; with the adapter_model that
/// PEFT saved, adapter_config.json beside it too. Throws Error(kNotFound).
FileChoice choose_file(const std::vector<HubFile>& all,
                       const std::string& path,
                       const std::string& repo);

/// The file of that path, or nullptr.
const HubFile* find_file(const std::vector<HubFile>& all, std::string_view path);

}  // namespace lienzo::hub
