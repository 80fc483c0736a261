#include "lienzo/text/lora_tags.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "lienzo/base/error.h"
#include "lienzo/text/prompt_scan.h"

namespace lienzo::text {
namespace {

std::string_view without_blanks(std::string_view text) {
  const size_t begin = skip_blanks(text, 0);
  const size_t end = skip_blanks_back(text, text.size());
  return begin < end ? text.substr(begin, end - begin) : std::string_view();
}

double parse_lora_weight(std::string_view text, std::string_view tag) {
  const std::optional<double> weight = parse_number(without_blanks(text));
  if (!weight || std::abs(*weight) > kLargestLoraWeight) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[lora] the weight '{}' of '{}' is no number from -{} to {}; write "
                            "NAME:0.8",
                            excerpt(text),
                            excerpt(tag),
                            kLargestLoraWeight,
                            kLargestLoraWeight));
  }
  return *weight;
}

std::vector<std::string_view> split_colons(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t colon = text.find(':'); colon != std::string_view::npos; colon = text.find(':')) {
    parts.push_back(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  parts.push_back(text);
  return parts;
}

}  // namespace

LoraTag parse_lora(std::string_view text) {
  const std::vector<std::string_view> parts = split_colons(text);
  LoraTag tag{.name = std::string(without_blanks(parts.front()))};
  if (tag.name.empty()) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[lora] '{}' has no name; write NAME:0.8", excerpt(text)));
  }
  std::vector<double> weights;
  std::optional<double> of_text, of_unet;
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t equals = parts[i].find('=');
    if (equals == std::string_view::npos) {
      weights.push_back(parse_lora_weight(parts[i], text));
      continue;
    }
    const std::string_view key = without_blanks(parts[i].substr(0, equals));
    const std::string_view value = parts[i].substr(equals + 1);
    if (key == "te") {
      of_text = parse_lora_weight(value, text);
    } else if (key == "unet") {
      of_unet = parse_lora_weight(value, text);
    } else {
      throw Error(ErrorKind::kUnsupported,
                  fmt::format("[lora] '{}' in '{}' is not supported; te= and unet= are",
                              excerpt(parts[i]),
                              excerpt(text)));
    }
  }
  if (weights.size() > 2) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("[lora] '{}' has {} weights, expected at most two: of the text "
                            "encoder and of the U-Net",
                            excerpt(text),
                            weights.size()));
  }
  tag.text_weight = of_text.value_or(weights.empty() ? 1 : weights[0]);
  tag.unet_weight = of_unet.value_or(weights.size() > 1 ? weights[1] : tag.text_weight);
  return tag;
}

std::string to_text(const LoraTag& tag) {
  return tag.text_weight == tag.unet_weight
             ? fmt::format("<lora:{}:{}>", tag.name, tag.text_weight)
             : fmt::format("<lora:{}:{}:{}>", tag.name, tag.text_weight, tag.unet_weight);
}

TaggedPrompt split_lora_tags(std::string_view prompt) {
  check_prompt(prompt);
  TaggedPrompt result;
  std::vector<LoraTag> tags;
  size_t at = 0;
  for (size_t open = prompt.find('<'); open != std::string_view::npos;
       open = prompt.find('<', open + 1)) {
    const std::string_view rest = prompt.substr(open + 1);
    const bool hypernetwork = rest.starts_with("hypernet:");
    if (!hypernetwork && !rest.starts_with("lora:") && !rest.starts_with("lyco:")) continue;
    const size_t close = prompt.find('>', open);
    if (close == std::string_view::npos) break;
    if (hypernetwork) {
      throw Error(ErrorKind::kUnsupported,
                  "[prompt] hypernetworks are not supported; take '" +
                      excerpt(prompt.substr(open, close - open + 1)) + "' out");
    }
    const size_t begin = open + std::string_view("<lora:").size();
    tags.push_back(parse_lora(prompt.substr(begin, close - begin)));
    result.words += prompt.substr(at, open - at);
    at = close + 1;
    open = close;
  }
  result.words += prompt.substr(at);
  result.loras = summed(tags);
  return result;
}

std::vector<LoraTag> summed(const std::vector<LoraTag>& tags) {
  std::vector<LoraTag> result;
  for (const LoraTag& tag : tags) {
    const auto same = std::find_if(
        result.begin(), result.end(), [&](const LoraTag& other) { return other.name == tag.name; });
    if (same == result.end()) {
      result.push_back(tag);
    } else {
      same->text_weight += tag.text_weight;
      same->unet_weight += tag.unet_weight;
    }
  }
  return result;
}

}  // namespace lienzo::text
