#include "lienzo/datasets/image_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <set>
#include <string_view>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/random.h"
#include "lienzo/base/utf8.h"
#include "lienzo/datasets/image_metadata.h"
#include "lienzo/image/io.h"
#include "lienzo/image/resize.h"

namespace lienzo::datasets {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostNamed = 10;                      // file names listed in one message
constexpr size_t kMostCaptionBytes = size_t{1} << 20;  // of one text file
constexpr std::string_view kLayouts =
    "metadata.jsonl or metadata.csv (columns file_name and text), or a text file beside each "
    "picture (cat.txt for "
    "cat.png)";

bool is_picture(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  static constexpr std::array<std::string_view, 4> kExtensions = {".png", ".jpg", ".jpeg", ".webp"};
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

std::string join_some(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kMostNamed); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMostNamed)
    text += " and " + std::to_string(names.size() - kMostNamed) + " more";
  return text;
}

/// `name` in one spelling ("./a.png" is "a.png"). Throws if it would lead out of the folder.
std::string checked_name(const MetadataRow& row, const std::string& where) {
  const fs::path path = fs::path(row.file_name).lexically_normal();
  const bool escapes = row.file_name.empty() || path.is_absolute() || *path.begin() == ".." ||
                       row.file_name.find('\0') != std::string::npos ||
                       row.file_name.find('\\') != std::string::npos;
  if (escapes) {
    throw Error(
        ErrorKind::kInvalidInput,
        "[" + where + ":" + std::to_string(row.line) + "] file_name '" + row.file_name +
            "' leads out of the folder, expected a path inside it with '/' between folders");
  }
  return path.generic_string();
}

std::string checked_caption(std::string_view text, const std::string& where) {
  if (!is_valid_utf8(text)) {
    throw Error(ErrorKind::kInvalidInput,
                "[" + where + "] the caption is not UTF-8; save the file as UTF-8");
  }
  return tidy_caption(text);
}

std::vector<CaptionedImage> from_metadata(const fs::path& folder,
                                          const std::string& file,
                                          std::vector<std::string>& without_caption) {
  const std::string where = (folder / file).string();
  const std::string text = read_text_file(folder / file, size_t{1} << 30);
  const std::vector<MetadataRow> rows =
      file.ends_with(".csv") ? parse_metadata_csv(text, where) : parse_metadata_jsonl(text, where);
  std::vector<CaptionedImage> entries;
  std::vector<std::string> missing;
  std::set<std::string> seen;
  for (const MetadataRow& row : rows) {
    const std::string name = checked_name(row, where);
    const std::string line = fmt::format("{}:{}", where, row.line);
    if (!seen.insert(name).second) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[{}] '{}' is listed twice, expected once", line, name));
    }
    if (!is_picture(name)) {
      throw Error(ErrorKind::kInvalidInput,
                  fmt::format("[{}] got '{}', expected png, jpg, jpeg or webp", line, name));
    }
    std::string caption = checked_caption(row.caption, line);
    if (!fs::is_regular_file(folder / name)) {
      missing.push_back(name);
    } else if (caption.empty()) {
      without_caption.push_back(name);
    } else {
      entries.push_back({folder / name, std::move(caption)});
    }
  }
  if (!missing.empty()) {
    throw Error(ErrorKind::kNotFound,
                "[" + where + "] lists pictures that do not exist: " + join_some(missing));
  }
  for (std::string& name : list_pictures(folder)) {
    if (!seen.contains(name)) without_caption.push_back(std::move(name));
  }
  std::sort(without_caption.begin(), without_caption.end());
  return entries;
}

std::vector<CaptionedImage> from_text_files(const fs::path& folder,
                                            std::vector<std::string>& without_caption) {
  std::vector<CaptionedImage> entries;
  for (std::string& name : list_pictures(folder)) {
    const fs::path path = folder / name;
    const fs::path text = fs::path(path).replace_extension(".txt");
    std::string caption;
    if (fs::is_regular_file(text))
      caption = checked_caption(read_text_file(text, kMostCaptionBytes), text.string());
    if (caption.empty()) {
      without_caption.push_back(std::move(name));
    } else {
      entries.push_back({path, std::move(caption)});
    }
  }
  return entries;
}

void mirror(image::Image& picture) {
  for (int y = 0; y < picture.height; ++y) {
    for (int left = 0, right = picture.width - 1; left < right; ++left, --right) {
      std::swap_ranges(
          picture.at(left, y), picture.at(left, y) + picture.channels, picture.at(right, y));
    }
  }
}

}  // namespace

std::vector<std::string> list_pictures(const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw Error(ErrorKind::kNotFound,
                "[" + folder.string() + "] no such folder, expected a folder of pictures");
  }
  std::vector<std::string> found;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    const bool hidden = it->path().filename().string().starts_with('.');
    if (it->is_directory()) {
      if (hidden) it.disable_recursion_pending();
    } else if (!hidden && is_picture(it->path())) {
      found.push_back(it->path().lexically_relative(folder).generic_string());
    }
  }
  if (error)
    throw Error(ErrorKind::kIo,
                "[" + folder.string() + "] cannot list the folder: " + error.message());
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<CaptionedImage> read_image_folder(const fs::path& folder,
                                              const ImageFolderReading& options) {
  if (!fs::is_directory(folder)) {
    throw Error(ErrorKind::kNotFound,
                "[" + folder.string() + "] no such folder, expected a folder of pictures with " +
                    std::string(kLayouts));
  }
  std::vector<std::string> without_caption;
  std::vector<CaptionedImage> entries;
  if (fs::exists(folder / "metadata.jsonl")) {
    entries = from_metadata(folder, "metadata.jsonl", without_caption);
  } else if (fs::exists(folder / "metadata.csv")) {
    entries = from_metadata(folder, "metadata.csv", without_caption);
  } else {
    entries = from_text_files(folder, without_caption);
  }
  if (entries.empty() && without_caption.empty()) {
    throw Error(ErrorKind::kNotFound,
                "[" + folder.string() +
                    "] no pictures, expected png, jpg, jpeg or webp files with " +
                    std::string(kLayouts));
  }
  if (entries.empty() || (!without_caption.empty() && !options.skip_uncaptioned)) {
    throw Error(ErrorKind::kInvalidInput,
                "[" + folder.string() + "] " + std::to_string(without_caption.size()) +
                    " pictures without a caption: " + join_some(without_caption) + "; expected " +
                    std::string(kLayouts));
  }
  std::sort(entries.begin(), entries.end(), [](const CaptionedImage& a, const CaptionedImage& b) {
    return a.path.generic_string() < b.path.generic_string();
  });
  return entries;
}

uint64_t permuted(uint64_t key, uint64_t position, uint64_t count) {
  const int half = std::max(1, (static_cast<int>(std::bit_width(count - 1)) + 1) / 2);
  const uint64_t mask = (uint64_t{1} << half) - 1;
  do {
    uint64_t left = position >> half, right = position & mask;
    for (uint64_t round = 0; round < 4; ++round) {
      left ^= mix_bits(key + round, right) & mask;
      std::swap(left, right);
    }
    position = left << half | right;
  } while (position >= count);
  return position;
}

ImageFolderDataset::ImageFolderDataset(std::vector<CaptionedImage> entries,
                                       const ImageFolderOptions& options)
    : entries_(std::move(entries)), options_(options) {
  if (entries_.empty())
    throw Error(ErrorKind::kInvalidInput, "[image folder] got no pictures, expected at least one");
  if (options_.size < 1) {
    throw Error(ErrorKind::kInvalidInput,
                "[image folder] size, got " + std::to_string(options_.size) +
                    ", expected at least 1 pixel");
  }
}

size_t ImageFolderDataset::source_of(uint64_t seed, uint64_t index) const {
  const uint64_t count = entries_.size();
  if (!options_.shuffle) return index % count;
  return permuted(mix_bits(seed, index / count), index % count, count);
}

ImageFolderDataset::Item ImageFolderDataset::item(uint64_t seed, uint64_t index) const {
  const size_t source = source_of(seed, index);
  const CaptionedImage& entry = entries_[source];
  image::Image picture = image::to_rgb(image::read_image(entry.path));
  // The shorter side becomes exactly `size`; the longer one is rounded, never below it.
  const int size = options_.size;
  const auto scaled = [&](int side, int shorter) {
    return std::max<int64_t>(size, (int64_t{side} * size + shorter / 2) / shorter);
  };
  const int shorter = std::min(picture.width, picture.height);
  const auto width = static_cast<int>(scaled(picture.width, shorter));
  const auto height = static_cast<int>(scaled(picture.height, shorter));
  if (width != picture.width || height != picture.height)
    picture = image::resize(picture, width, height);
  Random random(seed, index);
  int x = (width - size) / 2, y = (height - size) / 2;
  if (options_.random_crop) {
    x = random.integer(0, width - size);
    y = random.integer(0, height - size);
  }
  if (width != size || height != size) picture = image::crop(picture, x, y, size, size);
  if (options_.flip && random.chance(0.5)) mirror(picture);
  return {std::move(picture), entry.caption, source};
}

}  // namespace lienzo::datasets
