#include "lienzo/checkpoints/networks.h"

#include <fmt/format.h>

#include <algorithm>

#include "lienzo/checkpoints/config_from_shapes.h"
#include "lienzo/checkpoints/layouts/autoencoder.h"
#include "lienzo/checkpoints/layouts/clip.h"
#include "lienzo/checkpoints/layouts/unet.h"
#include "lienzo/checkpoints/leftovers.h"
#include "lienzo/weights/open_tensor_file.h"
#include "lienzo/weights/tensor_union.h"
#include "lienzo/weights/tensor_view.h"

namespace lienzo::checkpoints {
namespace {

namespace fs = std::filesystem;

// What config.json says, else what was measured, checked in the same way.
template <class Config>
Config configure(const PartSource& source, const Config& measured) {
  if (!source.config.is_null()) return Config::from_json(source.config, source.config_where);
  return Config::from_json(
      measured.to_json(),
      fmt::format("[{}] the shapes of {}", source.file->where(), name(source.part.part)));
}

// Whether another part of the file has a longer prefix that fits.
bool belongs_to_another(const PartSource& source, std::string_view name) {
  return std::any_of(source.all.begin(), source.all.end(), [&](const FoundPart& other) {
    return other.prefix.size() > source.part.prefix.size() && name.starts_with(other.prefix);
  });
}

// Whether no part of the file claims the name: the first one reports it as unexpected.
bool is_stray(const PartSource& source, std::string_view name) {
  if (source.all.empty() || source.part != source.all.front()) return false;
  return std::none_of(source.all.begin(), source.all.end(), [&](const FoundPart& part) {
    return name.starts_with(part.prefix);
  });
}

std::shared_ptr<const weights::TensorFile> view(const PartSource& source,
                                                const LayoutTable& layout) {
  const weights::TensorIndex& index = source.file->index();
  std::vector<weights::ViewEntry> entries = layout.view_of(index, source.part.prefix);
  std::erase_if(entries, [&](const weights::ViewEntry& entry) {
    return belongs_to_another(source, entry.source);
  });
  for (const weights::TensorInfo& tensor : index.tensors()) {
    if (is_stray(source, tensor.name) && !is_leftover(tensor.name))
      entries.push_back({.name = tensor.name, .source = tensor.name});
  }
  return std::make_shared<weights::TensorView>(source.file, std::move(entries));
}

LayoutTable same_names() { return LayoutTable({}); }

void add_unet(Checkpoint& model, const PartSource& source) {
  const auto config = configure(source, unet_config_from_shapes(source.file->index(), source.part));
  const bool original = source.part.naming == Naming::kOriginal;
  model.unet.emplace(Network<models::UNet2DConditionConfig>{
      config, view(source, original ? unet_layout(config) : same_names())});
}

void add_vae(Checkpoint& model, const PartSource& source) {
  const auto config = configure(
      source,
      autoencoder_config_from_shapes(source.file->index(), source.part, is_xl(source.family)));
  const bool original = source.part.naming == Naming::kOriginal;
  model.vae.emplace(Network<models::AutoencoderKlConfig>{
      config, view(source, original ? autoencoder_layout(config) : old_autoencoder_layout())});
}

void add_text_encoder(Checkpoint& model, const PartSource& source) {
  const bool sd2 = source.family == Family::kSd2 || source.family == Family::kSd2Inpaint;
  const weights::TensorIndex& index = source.file->index();
  const auto config = configure(source, clip_config_from_shapes(index, source.part, sd2));
  const bool original = source.part.naming == Naming::kOriginal;
  const LayoutTable layout =
      original ? open_clip_layout(config, open_clip_layers(index, source.part))
      : index.has_scope(source.part.prefix + "text_model") ? same_names()
                                                           : new_clip_layout();
  auto& place = source.part.part == Part::kTextEncoder2 ? model.text_encoder_2 : model.text_encoder;
  place.emplace(Network<models::ClipTextConfig>{config, view(source, layout)});
}

bool is_taesd_encoder(const weights::TensorIndex& index) { return index.contains("0.weight"); }

// The other half of an original TAESD: "taesd_encoder.x" beside "taesd_decoder.x".
std::shared_ptr<const weights::TensorFile> open_other_half(const PartSource& source) {
  const bool encoder = is_taesd_encoder(source.file->index());
  const std::string_view word = encoder ? "encoder" : "decoder";
  const fs::path half = source.file->files().front();
  std::string name = half.filename().string();
  const size_t at = name.rfind(word);
  if (at == std::string::npos) return nullptr;
  name.replace(at, word.size(), encoder ? "decoder" : "encoder");
  const fs::path path = half.parent_path() / name;
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return nullptr;
  std::shared_ptr<const weights::TensorFile> file = weights::open_tensor_file(path);
  return is_taesd_encoder(file->index()) == encoder ? nullptr : file;
}

void add_taesd(Checkpoint& model, const PartSource& source) {
  auto config = configure(source, taesd_config_from_shapes(source.file->index(), source.part));
  if (source.part.naming == Naming::kDiffusers) {
    model.taesd.emplace(Network<models::AutoencoderTinyConfig>{config, view(source, same_names())});
    return;
  }
  std::vector<std::shared_ptr<const weights::TensorFile>> halves;
  for (const auto& file : {source.file, open_other_half(source)}) {
    if (!file) continue;
    PartSource half = source;
    half.file = file;
    halves.push_back(view(half,
                          is_taesd_encoder(file->index()) ? taesd_encoder_layout(config)
                                                          : taesd_decoder_layout(config)));
  }
  std::string where = source.file->where();
  model.taesd.emplace(Network<models::AutoencoderTinyConfig>{
      config,
      halves.size() == 1
          ? halves.front()
          : std::make_shared<weights::TensorUnion>(std::move(halves), std::move(where))});
}

}  // namespace

void add_network(Checkpoint& model, const PartSource& source) {
  switch (source.part.part) {
    case Part::kUNet: return add_unet(model, source);
    case Part::kVae: return add_vae(model, source);
    case Part::kTextEncoder:
    case Part::kTextEncoder2: return add_text_encoder(model, source);
    case Part::kTaesd: return add_taesd(model, source);
  }
}

}  // namespace lienzo::checkpoints
