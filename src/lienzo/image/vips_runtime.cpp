#include "lienzo/image/vips_runtime.h"

#include <fmt/format.h>
#include <vips/vips.h>

#include <cstring>
#include <mutex>
#include <string>

#include "lienzo/base/log.h"
#include "lienzo/image/io.h"

namespace lienzo::image {
namespace {

// libvips and GLib print warnings by default; the library is silent, so they go to the log sink.
void forward_log(const gchar* domain, GLogLevelFlags, const gchar* message, gpointer) {
  log(LogLevel::kDebug, fmt::format("{}: {}", domain ? domain : "glib", message ? message : ""));
}

void start_vips_once() {
  for (const char* domain : {"VIPS", "GLib", "GLib-GObject", "Pango"}) {
    const auto levels = static_cast<GLogLevelFlags>(G_LOG_LEVEL_MASK & ~G_LOG_LEVEL_ERROR);
    g_log_set_handler(domain, levels, forward_log, nullptr);
  }
  // The plug-ins (PDF, HEIF, ImageMagick...) add 25-100 ms to the start and are never used here.
  // libvips looks for them under VIPSHOME, so it is pointed at nothing while it starts.
  const char* home = g_getenv("VIPSHOME");
  const std::string saved = home ? home : "";
  g_setenv("VIPSHOME", "/nonexistent", TRUE);
  const int failed = vips_init("lienzo");
  if (home) {
    g_setenv("VIPSHOME", saved.c_str(), TRUE);
  } else {
    g_unsetenv("VIPSHOME");
  }
  if (failed) throw_vips_error(ErrorKind::kInternal, "[image] libvips does not start");
  // One thread per operation: our pictures are small, and callers parallelise over pictures.
  vips_concurrency_set(1);
  // The operation cache would keep views of pixels that their owner has long freed.
  vips_cache_set_max(0);
}

}  // namespace

void start_image_library() {
  static std::once_flag once;
  std::call_once(once, start_vips_once);
}

void VipsRelease::operator()(VipsImage* image) const { g_object_unref(image); }

void check_image(const Image& image, std::string_view where) {
  const int64_t pixels = static_cast<int64_t>(image.width) * image.height;
  if (image.width < 1 || image.height < 1 || pixels > kMaxPixels) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format(
            "{} cannot use a picture of {}x{} pixels, expected from 1x1 to {} pixels in all",
            where,
            image.width,
            image.height,
            kMaxPixels));
  }
  if (image.channels != 1 && image.channels != 3 && image.channels != 4) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format(
            "{} cannot use a picture of {} channels, expected 1, 3 or 4", where, image.channels));
  }
  const size_t expected = static_cast<size_t>(pixels) * image.channels;
  if (image.pixels.size() != expected) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("{} got {} bytes of pixels for {}x{}x{}, expected {}",
                            where,
                            image.pixels.size(),
                            image.width,
                            image.height,
                            image.channels,
                            expected));
  }
}

VipsHandle wrap(const Image& image, std::string_view where) {
  check_image(image, where);
  start_image_library();
  VipsHandle raw(vips_image_new_from_memory(image.pixels.data(),
                                            image.pixels.size(),
                                            image.width,
                                            image.height,
                                            image.channels,
                                            VIPS_FORMAT_UCHAR));
  if (!raw) throw_vips_error(ErrorKind::kInternal, where);
  VipsImage* tagged = nullptr;
  const auto interpretation =
      image.channels == 1 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
  if (vips_copy(raw.get(), &tagged, "interpretation", interpretation, nullptr)) {
    throw_vips_error(ErrorKind::kInternal, where);
  }
  return VipsHandle(tagged);
}

Image to_image(VipsImage* source, ErrorKind kind, std::string_view where) {
  const int width = vips_image_get_width(source);
  const int height = vips_image_get_height(source);
  const int bands = vips_image_get_bands(source);
  if (vips_image_get_format(source) != VIPS_FORMAT_UCHAR ||
      (bands != 1 && bands != 3 && bands != 4)) {
    throw Error(
        ErrorKind::kUnsupported,
        fmt::format(
            "{} has {} bands of an unusual kind, expected grey, RGB or RGBA", where, bands));
  }
  size_t size = 0;
  const std::unique_ptr<void, decltype(&g_free)> memory(vips_image_write_to_memory(source, &size),
                                                        &g_free);
  if (!memory) throw_vips_error(kind, where);
  Image image(width, height, bands);
  if (size != image.pixels.size()) {
    throw Error(ErrorKind::kInternal,
                fmt::format("{} gave {} bytes, expected {}", where, size, image.pixels.size()));
  }
  std::memcpy(image.pixels.data(), memory.get(), size);
  return image;
}

void throw_vips_error(ErrorKind kind, std::string_view where) {
  const std::unique_ptr<char, decltype(&g_free)> text(vips_error_buffer_copy(), &g_free);
  std::string reason = text ? text.get() : "";
  while (!reason.empty() && (reason.back() == '\n' || reason.back() == ' ')) reason.pop_back();
  for (char& c : reason) {
    if (c == '\n') c = ';';
  }
  throw Error(kind, fmt::format("{} ({})", where, reason.empty() ? "no reason given" : reason));
}

}  // namespace lienzo::image
