#include "lienzo/training/tasks/picture_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <mutex>

#include "lienzo/base/error.h"
#include "lienzo/base/random.h"
#include "lienzo/datasets/image_folder.h"
#include "lienzo/datasets/world/captions.h"
#include "lienzo/datasets/world/layout.h"
#include "lienzo/datasets/world/prior_text.h"
#include "lienzo/datasets/world/renderer.h"
#include "lienzo/training/tasks/validation.h"

namespace lienzo::training {
namespace {

namespace world = datasets::world;

constexpr int64_t kTokenizerCaptions = 40000;
constexpr size_t kCacheBytes = size_t{512} << 20;

class FolderSource : public PictureSource {
 public:
  FolderSource(std::vector<datasets::CaptionedImage> entries,
               const datasets::ImageFolderOptions& options)
      : dataset_(std::move(entries), options) {
    // Without random crops a picture is always the same, and decoding it costs more than a step.
    const auto side = static_cast<size_t>(options.size);
    if (!options.random_crop && !options.flip && dataset_.size() * side * side * 3 <= kCacheBytes) {
      cache_.resize(dataset_.size());
    }
  }

  CaptionedPicture item(uint64_t seed, uint64_t index) const override {
    if (cache_.empty()) {
      auto item = dataset_.item(seed, index);
      return {std::move(item.image), std::move(item.caption)};
    }
    const size_t source = dataset_.source_of(seed, index);
    {
      std::lock_guard lock(mutex_);
      if (cache_[source].width > 0) return {cache_[source], dataset_.entries()[source].caption};
    }
    auto item = dataset_.item(seed, index);
    std::lock_guard lock(mutex_);
    cache_[source] = item.image;
    return {std::move(item.image), std::move(item.caption)};
  }

  CaptionedPicture validation(uint64_t index) const override {
    return item(kValidationSeed, index);
  }

  int64_t validation_size(int64_t wanted) const override {
    return std::min(wanted, static_cast<int64_t>(dataset_.size()));
  }

  text::BpeTokenizer train_tokenizer(uint64_t, int vocabulary) const override {
    std::vector<std::string> captions;
    for (const auto& entry : dataset_.entries()) captions.push_back(spell(entry.caption));
    return text::BpeTokenizer::train(
        captions,
        {.vocab_size = vocabulary,
         .special_tokens = {"<pad>"},
         .normalizer = {text::NormalizerStep::kNfc, text::NormalizerStep::kLowercase}});
  }

  std::string spell(std::string_view caption) const override { return std::string(caption); }
  std::string text_style() const override { return "plain"; }

 private:
  datasets::ImageFolderDataset dataset_;
  mutable std::mutex mutex_;
  mutable std::vector<image::Image> cache_;  // by entry; empty until it was asked for
};

class WorldSource : public PictureSource {
 public:
  explicit WorldSource(int64_t size) : size_(static_cast<int>(size)) {}

  CaptionedPicture item(uint64_t seed, uint64_t index) const override {
    return make(seed, index, world::Split::kTraining);
  }
  CaptionedPicture validation(uint64_t index) const override {
    return make(kValidationSeed, index, world::Split::kHeldOut);
  }
  int64_t validation_size(int64_t wanted) const override { return wanted; }
  text::BpeTokenizer train_tokenizer(uint64_t seed, int vocabulary) const override {
    return world::train_prior_tokenizer(seed, kTokenizerCaptions, vocabulary);
  }
  std::string spell(std::string_view caption) const override { return world::prior_text(caption); }
  std::string text_style() const override { return "world"; }

 private:
  CaptionedPicture make(uint64_t seed, uint64_t index, world::Split split) const {
    const world::Example example = world::sample_example(seed, index, split);
    Random random(seed + 1, index);
    const auto language =
        random.chance(0.5) ? world::Language::kSpanish : world::Language::kEnglish;
    return {world::render(example.scene, size_), world::describe(example.spec, language, random)};
  }
  int size_;
};

// For an autoencoder, to which captions mean nothing.
std::vector<datasets::CaptionedImage> without_captions(const std::filesystem::path& folder) {
  std::vector<datasets::CaptionedImage> pictures;
  for (const std::string& name : datasets::list_pictures(folder)) {
    const std::filesystem::path path = folder / name;
    pictures.push_back({.path = path, .caption = path.stem().string()});
  }
  return pictures;
}

}  // namespace

std::unique_ptr<PictureSource> read_picture_source(ConfigReader& reader,
                                                   int64_t size,
                                                   Captions captions) {
  std::string source, path;
  reader.required("source", source);
  if (source == "world") {
    if (size > 512)
      reader.reject("size", fmt::format("is {}, the world is drawn at 512 at most", size));
    return std::make_unique<WorldSource>(size);
  }
  if (source != "folder")
    reader.reject("source", fmt::format("is \"{}\", expected \"folder\" or \"world\"", source));
  reader.required("path", path);
  datasets::ImageFolderOptions options{.size = static_cast<int>(size)};
  datasets::ImageFolderReading reading;
  reader.optional("random_crop", options.random_crop);
  reader.optional("flip", options.flip);
  reader.optional("skip_uncaptioned", reading.skip_uncaptioned);
  std::vector<datasets::CaptionedImage> entries = captions == Captions::kNeeded
                                                      ? datasets::read_image_folder(path, reading)
                                                      : without_captions(path);
  if (entries.size() < 2) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format("[{}] holds {} picture{}, expected at least 2 (png, jpg or webp); add some",
                    path,
                    entries.size(),
                    entries.size() == 1 ? "" : "s"));
  }
  return std::make_unique<FolderSource>(std::move(entries), options);
}

}  // namespace lienzo::training
