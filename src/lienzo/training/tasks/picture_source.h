#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lienzo/base/config_reader.h"
#include "lienzo/image/image.h"
#include "lienzo/text/bpe_tokenizer.h"

namespace lienzo::training {

/// A square RGB picture and what it shows.
struct CaptionedPicture {
  image::Image image;
  std::string caption;
};

/// Where a task gets pictures from; any number of threads may ask at once.
class PictureSource {
 public:
  virtual ~PictureSource() = default;
  /// Item `index` of the endless training sequence `seed`.
  virtual CaptionedPicture item(uint64_t seed, uint64_t index) const = 0;
  /// Picture `index` to measure and show the network with: never the subject of training where the
  /// source is endless, one of the training pictures where it is a folder.
  virtual CaptionedPicture validation(uint64_t index) const = 0;
  /// How many pictures `validation` has, at most `wanted`.
  virtual int64_t validation_size(int64_t wanted) const = 0;
  /// A tokenizer learned from the captions, whose id 0 is "<pad>".
  virtual text::BpeTokenizer train_tokenizer(uint64_t seed, int vocabulary) const = 0;
  /// A caption in the spelling in which the tokenizer learned it; `text_style` names the spelling.
  virtual std::string spell(std::string_view caption) const = 0;
  virtual std::string text_style() const = 0;
};

/// Whether a folder's pictures must have captions.
enum class Captions { kNeeded, kUnused };

/// Reads the keys of a [task] table that choose the pictures:
///   source = "folder", path = "...": pictures with captions, see datasets/image_folder.h;
///     random_crop, flip and skip_uncaptioned as there
///   source = "world": pictures and captions of the small world in both languages, without scenes
/// A relative path counts from the current folder. Throws kInvalidInput, and what
/// datasets::read_image_folder and list_pictures throw; a folder with fewer than two pictures is
/// kInvalidInput.
std::unique_ptr<PictureSource> read_picture_source(ConfigReader& reader,
                                                   int64_t size,
                                                   Captions captions);

}  // namespace lienzo::training
