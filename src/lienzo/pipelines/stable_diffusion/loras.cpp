#include "lienzo/pipelines/stable_diffusion/loras.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/digest_cache.h"
#include "lienzo/base/error.h"
#include "lienzo/checkpoints/lora_facts.h"
#include "lienzo/checkpoints/lora_merge.h"

namespace lienzo::pipelines {
namespace {

bool reads_tags(text::PromptSyntax syntax) { return syntax == text::PromptSyntax::kAutomatic1111; }

// "name: 1234, other: 5678".
std::map<std::string, std::string> parse_sums(const std::string& text) {
  std::map<std::string, std::string> sums;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find(',', at), text.size());
    const std::string item = text.substr(at, end - at);
    const size_t colon = item.find(':'), begin = item.find_first_not_of(' ');
    if (colon != std::string::npos && begin < colon) {
      const size_t digits = item.find_first_not_of(' ', colon + 1);
      if (digits != std::string::npos)
        sums[item.substr(begin, colon - begin)] = item.substr(digits);
    }
    at = end + 1;
  }
  return sums;
}

// As AUTOMATIC1111's lists of sums have it: without the signs that part them.
std::string name_in_sums(std::string name) {
  std::erase_if(name, [](char c) { return c == ':' || c == ','; });
  return name;
}

std::vector<RecordedLora> listed(const Json& list, const std::vector<text::LoraTag>& tags) {
  std::vector<RecordedLora> loras;
  for (ConfigReader& reader : ConfigReader(Json{{"loras", list}}, "[record]").children("loras")) {
    RecordedLora item;
    reader.required("name", item.lora.name);
    reader.required("weight", item.lora.unet_weight);
    reader.required("text_weight", item.lora.text_weight);
    reader.optional("sha256", item.sha256);
    reader.finish();
    item.in_prompt = std::any_of(tags.begin(), tags.end(), [&](const text::LoraTag& tag) {
      return tag.name == item.lora.name;
    });
    loras.push_back(std::move(item));
  }
  return loras;
}

}  // namespace

std::vector<LoadedLora> load_loras(checkpoints::Checkpoint& model,
                                   const std::vector<LoraChoice>& choices,
                                   torch::ScalarType dtype,
                                   const std::filesystem::path& digest_cache) {
  std::vector<checkpoints::LoraUse> uses;
  uses.reserve(choices.size());
  for (const LoraChoice& choice : choices)
    uses.push_back({choice.path, choice.unet_weight, choice.text_weight});
  checkpoints::merge_loras(model, uses, dtype);
  std::vector<LoadedLora> loaded;
  for (const LoraChoice& choice : choices) {
    std::string sha256 = cached_sha256(choice.path, digest_cache);
    std::string webui_sum = checkpoints::automatic1111_hash(choice.path);
    loaded.push_back({choice, std::move(sha256), std::move(webui_sum)});
  }
  return loaded;
}

std::string words_of(const std::string& prompt,
                     text::PromptSyntax syntax,
                     const std::vector<LoadedLora>& loaded) {
  if (!reads_tags(syntax)) return prompt;
  text::TaggedPrompt tagged = text::split_lora_tags(prompt);
  for (const text::LoraTag& tag : tagged.loras) {
    const bool known = std::any_of(loaded.begin(), loaded.end(), [&](const LoadedLora& lora) {
      return lora.choice.name == tag.name;
    });
    if (known) continue;
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[prompt] asks for the LoRA '{}', which the model was loaded without",
                            tag.name));
  }
  return std::move(tagged.words);
}

void record_loras(const std::vector<LoadedLora>& loaded,
                  text::PromptSyntax syntax,
                  provenance::Record& record) {
  if (loaded.empty()) return;
  std::vector<text::LoraTag> tags;
  if (reads_tags(syntax)) tags = text::split_lora_tags(record.prompt).loras;
  Json list = Json::array();
  std::string sums;
  for (const LoadedLora& lora : loaded) {
    const LoraChoice& choice = lora.choice;
    list.push_back({{"name", choice.name},
                    {"weight", choice.unet_weight},
                    {"text_weight", choice.text_weight},
                    {"sha256", lora.sha256}});
    sums += fmt::format("{}{}: {}",
                        sums.empty() ? "" : ", ",
                        name_in_sums(choice.name),
                        lora.webui_sum.substr(0, 12));
    const bool tagged = std::any_of(tags.begin(), tags.end(), [&](const text::LoraTag& tag) {
      return tag.name == choice.name;
    });
    if (!tagged) {
      record.tags_elsewhere +=
          " " + text::to_text({choice.name, choice.text_weight, choice.unet_weight});
    }
  }
  record.extra["loras"] = std::move(list);
  record.elsewhere.emplace_back("Lora hashes", sums);
}

std::vector<RecordedLora> recorded_loras(const provenance::Record& record) {
  std::vector<text::LoraTag> tags;
  if (record.extra.value("syntax", Json()) != "plain")
    tags = text::split_lora_tags(record.prompt).loras;
  const Json list = record.extra.value("loras", Json());
  if (!list.is_null()) return listed(list, tags);
  const Json text = record.extra.value("Lora hashes", Json());
  std::map<std::string, std::string> sums;
  if (text.is_string()) sums = parse_sums(text);
  std::vector<RecordedLora> loras;
  for (const text::LoraTag& tag : tags) {
    const auto sum = sums.find(name_in_sums(tag.name));
    loras.push_back({.lora = tag,
                     .in_prompt = true,
                     .sha256 = {},
                     .webui_sum = sum == sums.end() ? std::string() : sum->second});
  }
  return loras;
}

void check_recorded(const RecordedLora& recorded,
                    const std::filesystem::path& file,
                    const std::filesystem::path& digest_cache) {
  const auto check = [&](const std::string& expected, const std::string& found) {
    if (expected.empty() || found.starts_with(expected)) return;
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[lora] {} is another file than the '{}' that the picture was made "
                            "with: its digest begins with {}, expected {}; bring that file, or "
                            "take this one by --lora",
                            file.filename().string(),
                            recorded.lora.name,
                            found.substr(0, 12),
                            expected.substr(0, 12)));
  };
  if (!recorded.sha256.empty()) return check(recorded.sha256, cached_sha256(file, digest_cache));
  if (!recorded.webui_sum.empty()) check(recorded.webui_sum, checkpoints::automatic1111_hash(file));
}

}  // namespace lienzo::pipelines
