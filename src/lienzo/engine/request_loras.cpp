#include "lienzo/engine/request_loras.h"

#include <fmt/format.h>

#include <algorithm>

#include "lienzo/base/field_error.h"
#include "lienzo/engine/draw.h"
#include "lienzo/text/lora_tags.h"

namespace lienzo::engine {
namespace {

namespace fs = std::filesystem;
using pipelines::LoraChoice;
using service::DrawRequest;
using text::LoraTag;

// Errors of `work` are the field's.
template <class Work>
auto blaming(const char* field, Work work) {
  try {
    return work();
  } catch (const FieldError&) {
    throw;
  } catch (const Error& error) {
    throw FieldError(error.kind(), error.what(), field);
  }
}

LoraChoice choose(const LoraTag& tag, const Entry& model, LoraCatalogue& catalogue) {
  if (model.own) {
    throw Error(
        ErrorKind::kUnsupported,
        fmt::format("[lora] {} takes no LoRA; choose a Stable Diffusion model", model.facts.id));
  }
  const LoraEntry lora = catalogue.find(tag.name);
  const std::string_view family = checkpoints::name(lora.facts.family);
  if (lora.facts.family != checkpoints::Family::kUnknown &&
      !model.facts.family.starts_with(family)) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("[lora] {} is for {}, and {} is {}",
                            lora.name,
                            family,
                            model.facts.id,
                            model.facts.family));
  }
  return {tag.name, lora.path, tag.unet_weight, tag.text_weight};
}

}  // namespace

std::vector<LoraChoice> choose_loras(const DrawRequest& request,
                                     const Entry& model,
                                     LoraCatalogue& catalogue) {
  std::vector<LoraChoice> chosen;
  blaming("loras", [&] {
    std::vector<LoraTag> listed;
    for (const service::LoraUse& lora : request.loras)
      listed.push_back({lora.name, lora.text_weight.value_or(lora.weight), lora.weight});
    for (const LoraTag& tag : text::summed(listed)) chosen.push_back(choose(tag, model, catalogue));
  });
  blaming("prompt", [&] {
    for (const LoraTag& tag : text::split_lora_tags(request.prompt).loras) {
      const bool twice = std::any_of(chosen.begin(), chosen.end(), [&](const LoraChoice& other) {
        return other.name == tag.name;
      });
      if (twice) {
        throw Error(
            ErrorKind::kInvalidInput,
            fmt::format("[lora] '{}' is in the prompt and in the list; say it once", tag.name));
      }
      chosen.push_back(choose(tag, model, catalogue));
    }
  });
  return chosen;
}

DrawRequest with_recorded_words(const DrawRequest& request, const service::BlobReader& blobs) {
  DrawRequest full = request;
  if (request.task != service::Task::kVary || !request.prompt.empty()) return full;
  const std::optional<provenance::Record> record = record_of(blobs(request.picture));
  if (!record) return full;
  full.prompt = record->prompt;
  for (const pipelines::RecordedLora& lora : pipelines::recorded_loras(*record)) {
    if (!lora.in_prompt)
      full.loras.push_back({lora.lora.name, lora.lora.unet_weight, lora.lora.text_weight});
  }
  return full;
}

std::vector<service::LoraFacts> lora_facts(LoraCatalogue& catalogue) {
  constexpr size_t kLongestValue = 1000;  // tables of every word in the training set go beyond
  std::vector<service::LoraFacts> all;
  for (LoraEntry& entry : catalogue.entries()) {
    service::LoraFacts facts{.name = std::move(entry.name),
                             .alias = std::move(entry.alias),
                             .file = std::move(entry.file),
                             .bytes = entry.bytes};
    if (entry.facts.family != checkpoints::Family::kUnknown)
      facts.family = checkpoints::name(entry.facts.family);
    for (auto& [key, value] : entry.facts.metadata) {
      if (value.size() <= kLongestValue) facts.metadata.emplace(key, std::move(value));
    }
    all.push_back(std::move(facts));
  }
  return all;
}

std::string pool_key(const std::vector<LoraChoice>& loras) {
  std::string key;
  for (const LoraChoice& lora : loras) {
    std::error_code ignored;
    key += fmt::format("{}\n{} {} {}\n",
                       lora.path.string(),
                       lora.unet_weight,
                       lora.text_weight,
                       fs::last_write_time(lora.path, ignored).time_since_epoch().count());
    key += lora.name + "\n";
  }
  return key;
}

}  // namespace lienzo::engine
