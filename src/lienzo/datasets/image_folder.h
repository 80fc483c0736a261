#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lienzo/image/image.h"

namespace lienzo::datasets {

struct CaptionedImage {
  std::filesystem::path path;
  std::string caption;  // UTF-8, one line, not empty
  bool operator==(const CaptionedImage&) const = default;
};

/// The pictures (png, jpg, jpeg, webp) of `folder` and its sub-folders, hidden files and folders
/// left out: paths inside it with '/' between folders, sorted by their bytes, so that every machine
/// sees the same order. No picture is opened. Throws Error: kNotFound (no such folder), kIo.
std::vector<std::string> list_pictures(const std::filesystem::path& folder);

struct ImageFolderReading {
  bool skip_uncaptioned =
      false;  // leave out pictures without a caption instead of refusing the folder
};

/// The pictures of `folder`, as `list_pictures` finds them, with their captions:
/// - `metadata.jsonl` or `metadata.csv` as in Hugging Face's imagefolder: a column `file_name`,
/// relative to the
///   folder, and the caption in `text`, `caption` or `prompt` (the first of these that exists);
///   other columns are ignored (huggingface.co/docs/datasets/image_dataset);
/// - else one text file beside each picture, `cat.txt` for `cat.png`.
/// Sorted by path, so that every machine sees the same order. No picture is opened.
/// Throws Error: kNotFound (no such folder, no pictures, a listed file is missing), kInvalidInput
/// (captions missing: all are named; a path that leaves the folder; a picture listed twice; bad
/// lines, by number).
std::vector<CaptionedImage> read_image_folder(const std::filesystem::path& folder,
                                              const ImageFolderReading& options = {});

struct ImageFolderOptions {
  int size = 256;            // side of the square pictures handed out, pixels
  bool shuffle = true;       // a new order every epoch
  bool random_crop = false;  // else the centre
  bool flip = false;         // mirror half of the pictures; wrong where captions say left or right
};

/// Pictures at one square size, ready to train on. An item depends on (seed, index) alone, so a run
/// resumed at any index goes on exactly as it would have. Const and without caches: any number of
/// threads may ask at once.
class ImageFolderDataset {
 public:
  struct Item {
    image::Image image;  // RGB, size x size
    std::string caption;
    size_t source = 0;  // index into entries()
  };

  /// Throws Error(kInvalidInput) for no entries or a size below 1.
  ImageFolderDataset(std::vector<CaptionedImage> entries, const ImageFolderOptions& options);

  size_t size() const { return entries_.size(); }
  const std::vector<CaptionedImage>& entries() const { return entries_; }
  const ImageFolderOptions& options() const { return options_; }

  /// Item number `index` of the endless sequence; index / size() is the epoch, and every epoch has
  /// each picture once. Decodes, scales the shorter side to `size`, crops. Throws what
  /// image::read_image throws, naming the file.
  Item item(uint64_t seed, uint64_t index) const;

  /// Which entry item `index` is, without reading it.
  size_t source_of(uint64_t seed, uint64_t index) const;

 private:
  std::vector<CaptionedImage> entries_;
  ImageFolderOptions options_;
};

/// Element `position` of a pseudo-random permutation of 0..count-1, in constant time and memory: a
/// Feistel network over the next power of four, walked until it falls below count (Black & Rogaway
/// 2002, "Ciphers with arbitrary finite domains", cycle walking).
uint64_t permuted(uint64_t key, uint64_t position, uint64_t count);

}  // namespace lienzo::datasets
