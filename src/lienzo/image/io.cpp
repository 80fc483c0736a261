#include "lienzo/image/io.h"

#include <fmt/format.h>
#include <vips/vips.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/image/metadata.h"
#include "lienzo/image/vips_runtime.h"

namespace lienzo::image {
namespace {

constexpr size_t kMaxFileBytes = size_t{1} << 30;

// Level 4 with per-row filters: 256x256 in a few milliseconds and within 5 % of level 9.
constexpr int kPngCompression = 4;

std::string_view format_label(Format format) {
  switch (format) {
    case Format::kPng: return "PNG";
    case Format::kJpeg: return "JPEG";
    case Format::kWebp: return "WebP";
  }
  return "picture";
}

Format parse_format(std::string_view name) {
  std::string lower(name);
  std::transform(
      lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (lower == "png") return Format::kPng;
  if (lower == "jpg" || lower == "jpeg") return Format::kJpeg;
  if (lower == "webp") return Format::kWebp;
  throw Error(
      ErrorKind::kInvalidInput,
      fmt::format("[image] unknown picture format '{}', expected png, jpg, jpeg or webp", name));
}

Format sniff_or_throw(std::span<const std::byte> bytes, std::string_view where) {
  if (bytes.empty()) throw Error(ErrorKind::kCorrupt, fmt::format("[image] {} is empty", where));
  if (const auto format = sniff_format(bytes)) return *format;
  throw Error(
      ErrorKind::kUnsupported,
      fmt::format("[image] {} is not a picture Lienzo reads, expected PNG, JPEG or WebP", where));
}

// Replaces `image` by the result of a libvips operation on it.
template <typename Operation>
void apply(VipsHandle& image, ErrorKind kind, std::string_view where, Operation operation) {
  VipsImage* out = nullptr;
  if (operation(image.get(), &out)) throw_vips_error(kind, where);
  image.reset(out);
}

VipsHandle open_lazily(std::span<const std::byte> bytes,
                       Format format,
                       const std::string& damaged) {
  auto* data = const_cast<std::byte*>(bytes.data());  // libvips only reads it
  VipsImage* out = nullptr;
  int failed = 0;
  switch (format) {
    case Format::kPng:
      failed =
          vips_pngload_buffer(data, bytes.size(), &out, "fail_on", VIPS_FAIL_ON_ERROR, nullptr);
      break;
    case Format::kJpeg:
      failed =
          vips_jpegload_buffer(data, bytes.size(), &out, "fail_on", VIPS_FAIL_ON_ERROR, nullptr);
      break;
    case Format::kWebp:
      failed =
          vips_webpload_buffer(data, bytes.size(), &out, "fail_on", VIPS_FAIL_ON_ERROR, nullptr);
      break;
  }
  if (failed) throw_vips_error(ErrorKind::kCorrupt, damaged);
  return VipsHandle(out);
}

void check_text_options(const WriteOptions& options) {
  if (options.quality < 1 || options.quality > 100) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[image] quality is {}, expected 1 to 100", options.quality));
  }
  for (const auto& [key, text] : options.text) check_text(key, text);
}

void check_fits(const Image& image, Format format) {
  const int limit = format == Format::kWebp ? 16383 : 65535;
  if (format != Format::kPng && std::max(image.width, image.height) > limit) {
    throw Error(
        ErrorKind::kUnsupported,
        fmt::format(
            "[image] {}x{} does not fit in {}, which holds at most {} pixels a side; write PNG",
            image.width,
            image.height,
            format_label(format),
            limit));
  }
}

}  // namespace

Image decode_image(std::span<const std::byte> bytes,
                   const ReadOptions& options,
                   std::string_view where) {
  const Format format = sniff_or_throw(bytes, where);
  start_image_library();
  const std::string damaged =
      fmt::format("[image] {} is a damaged or truncated {}", where, format_label(format));
  if (format == Format::kPng) {
    if (const auto damage = find_png_damage(bytes)) {
      throw Error(ErrorKind::kCorrupt, fmt::format("{} ({})", damaged, *damage));
    }
  }
  VipsHandle image = open_lazily(bytes, format, damaged);
  const int64_t width = vips_image_get_width(image.get());
  const int64_t height = vips_image_get_height(image.get());
  if (width * height > std::min(options.max_pixels, kMaxPixels)) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("[image] {} has {}x{} pixels, expected at most {} in all; "
                            "make it smaller first",
                            where,
                            width,
                            height,
                            std::min(options.max_pixels, kMaxPixels)));
  }
  constexpr auto kCorrupt = ErrorKind::kCorrupt;
  apply(image, kCorrupt, damaged, [](VipsImage* in, VipsImage** out) {
    return vips_autorot(in, out, nullptr);
  });
  if (vips_image_get_typeof(image.get(), VIPS_META_ICC_NAME)) {
    // A broken profile is no reason to refuse a picture: it is then read as the sRGB it most likely
    // is.
    VipsImage* out = nullptr;
    if (vips_icc_transform(image.get(), &out, "srgb", "embedded", TRUE, "depth", 8, nullptr) == 0) {
      image.reset(out);
    } else {
      vips_error_clear();
    }
  }
  apply(image, kCorrupt, damaged, [](VipsImage* in, VipsImage** out) {
    return vips_colourspace(in, out, VIPS_INTERPRETATION_sRGB, nullptr);
  });
  if (vips_image_hasalpha(image.get()) && !options.keep_alpha) {
    const double white = 255;
    const std::unique_ptr<VipsArrayDouble, void (*)(VipsArrayDouble*)> background(
        vips_array_double_new(&white, 1),
        [](VipsArrayDouble* array) { vips_area_unref(reinterpret_cast<VipsArea*>(array)); });
    apply(image, kCorrupt, damaged, [&](VipsImage* in, VipsImage** out) {
      return vips_flatten(in, out, "background", background.get(), nullptr);
    });
  }
  apply(image, kCorrupt, damaged, [](VipsImage* in, VipsImage** out) {
    return vips_cast_uchar(in, out, nullptr);
  });
  return to_image(image.get(), kCorrupt, damaged);
}

Image read_image(const std::filesystem::path& path, const ReadOptions& options) {
  const std::string bytes = read_text_file(path, kMaxFileBytes);
  return decode_image(std::as_bytes(std::span(bytes)), options, path.string());
}

std::string format_of(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  if (extension.size() < 2) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[image] '{}' has no extension, expected .png, .jpg, .jpeg or .webp",
                            path.string()));
  }
  switch (parse_format(extension.substr(1))) {
    case Format::kPng: return "png";
    case Format::kJpeg: return "jpg";
    case Format::kWebp: return "webp";
  }
  throw Error(ErrorKind::kInternal, "[image] format without a name");
}

std::vector<std::byte> encode_image(const Image& image,
                                    std::string_view format_name,
                                    const WriteOptions& options) {
  const Format format = parse_format(format_name);
  check_text_options(options);
  const VipsHandle view = wrap(image, "[image]");
  check_fits(image, format);
  void* data = nullptr;
  size_t size = 0;
  int failed = 0;
  switch (format) {
    case Format::kPng:
      failed = vips_pngsave_buffer(view.get(),
                                   &data,
                                   &size,
                                   "compression",
                                   kPngCompression,
                                   "filter",
                                   VIPS_FOREIGN_PNG_FILTER_ALL,
                                   "strip",
                                   TRUE,
                                   nullptr);
      break;
    case Format::kJpeg: {
      const double white = 255;
      VipsArrayDouble* background = vips_array_double_new(&white, 1);
      failed = vips_jpegsave_buffer(view.get(),
                                    &data,
                                    &size,
                                    "Q",
                                    options.quality,
                                    "optimize_coding",
                                    TRUE,
                                    "strip",
                                    TRUE,
                                    "background",
                                    background,
                                    nullptr);
      vips_area_unref(reinterpret_cast<VipsArea*>(background));
      break;
    }
    case Format::kWebp:
      failed = vips_webpsave_buffer(view.get(),
                                    &data,
                                    &size,
                                    "Q",
                                    options.quality,
                                    "smart_subsample",
                                    TRUE,
                                    "strip",
                                    TRUE,
                                    nullptr);
      break;
  }
  const std::unique_ptr<void, decltype(&g_free)> owner(data, &g_free);
  if (failed) {
    throw_vips_error(ErrorKind::kInternal,
                     fmt::format("[image] cannot encode {}", format_label(format)));
  }
  const std::span<const std::byte> encoded(static_cast<const std::byte*>(data), size);
  return embed_text(encoded, format, image.width, image.height, options.text);
}

void write_image(const std::filesystem::path& path,
                 const Image& image,
                 const WriteOptions& options) {
  const auto bytes = encode_image(image, format_of(path), options);
  write_file_atomic(path,
                    std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::map<std::string, std::string> decode_image_text(std::span<const std::byte> bytes,
                                                     std::string_view where) {
  return extract_text(bytes, sniff_or_throw(bytes, where));
}

std::map<std::string, std::string> read_image_text(const std::filesystem::path& path) {
  const std::string bytes = read_text_file(path, kMaxFileBytes);
  return decode_image_text(std::as_bytes(std::span(bytes)), path.string());
}

}  // namespace lienzo::image
