#include "lienzo/cli/drawing_loras.h"

#include <fmt/format.h>

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/cli/cache_file.h"
#include "lienzo/cli/model_folder.h"
#include "lienzo/engine/lora_catalogue.h"

namespace lienzo::cli {
namespace {

namespace fs = std::filesystem;
using pipelines::LoraChoice;
using pipelines::RecordedLora;
using text::LoraTag;

bool is_regular(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

LoraChoice choice_of(const LoraTag& tag, const fs::path& path) {
  return {tag.name, path, tag.unet_weight, tag.text_weight};
}

/// Finds LoRAs in the model folder, which is looked at when the first is wanted.
class Finder {
 public:
  LoraChoice find(const LoraTag& tag) {
    if (!catalogue_) catalogue_.emplace(models_folder());
    return choice_of(tag, catalogue_->find(tag.name).path);
  }

 private:
  std::optional<engine::LoraCatalogue> catalogue_;
};

// A file's name may hold colons too: the longest beginning that is a file counts.
LoraChoice read_option(const std::string& text, Finder& finder) {
  for (size_t end = text.size(); end != std::string::npos && end > 0; end = text.rfind(':', end)) {
    const fs::path path = text.substr(0, end);
    if (is_regular(path)) {
      LoraTag tag = text::parse_lora("file" + text.substr(end));
      tag.name = engine::lora_name(path);
      return choice_of(tag, path);
    }
    --end;
  }
  return finder.find(text::parse_lora(text));
}

}  // namespace

std::vector<LoraChoice> plan_loras(const std::vector<std::string>& typed,
                                   const std::optional<provenance::Record>& record,
                                   const pipelines::StableDiffusionRequest& request) {
  Finder finder;
  std::vector<LoraChoice> loras;
  std::vector<RecordedLora> recorded;
  if (record) recorded = pipelines::recorded_loras(*record);
  const auto find = [&](const LoraTag& tag) {
    const LoraChoice choice = finder.find(tag);
    for (const RecordedLora& before : recorded) {
      if (before.lora.name == tag.name)
        pipelines::check_recorded(before, choice.path, digest_cache_file());
    }
    loras.push_back(choice);
  };
  for (const std::string& text : typed) {
    const LoraChoice choice = read_option(text, finder);
    const auto same = std::find_if(loras.begin(), loras.end(), [&](const LoraChoice& other) {
      return other.name == choice.name;
    });
    if (same != loras.end()) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[--lora] '{}' is given twice; say its weight once", choice.name));
    }
    loras.push_back(choice);
  }
  if (typed.empty()) {
    for (const RecordedLora& before : recorded) {
      if (!before.in_prompt) find(before.lora);
    }
  }
  if (request.syntax != text::PromptSyntax::kAutomatic1111) return loras;
  for (const LoraTag& tag : text::split_lora_tags(request.prompt).loras) {
    const bool twice = std::any_of(loras.begin(), loras.end(), [&](const LoraChoice& other) {
      return other.name == tag.name;
    });
    if (twice) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[--lora] '{0}' is in the prompt as well; leave out --lora or "
                              "<lora:{0}:...>",
                              tag.name));
    }
    find(tag);
  }
  return loras;
}

std::string describe(const LoraChoice& lora) {
  if (lora.unet_weight == lora.text_weight)
    return fmt::format("LoRA {}, weight {}", lora.name, lora.unet_weight);
  return fmt::format("LoRA {}, weight {} in the U-Net, {} in the text encoder",
                     lora.name,
                     lora.unet_weight,
                     lora.text_weight);
}

}  // namespace lienzo::cli
