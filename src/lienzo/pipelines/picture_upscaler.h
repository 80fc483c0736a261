#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "lienzo/base/progress.h"
#include "lienzo/image/image.h"
#include "lienzo/provenance/record.h"

namespace lienzo::pipelines {

struct UpscalerOptions {
  std::string dtype = {};  // "fp32", "bf16", "fp16"; empty: the fastest of the device
  std::string device = "auto";
};

struct UpscaleHooks {
  ProgressSink progress = {};
  std::function<bool()> cancelled = {};  // asked between pieces; then kCancelled is thrown
};

struct UpscalerFacts {
  std::string name;          // of the file, without its extension
  std::string architecture;  // "ESRGAN", "SRVGGNetCompact"
  std::string dtype, device;
  int factor = 4;  // how many times larger a side becomes in one pass
};

/// A network that makes finished pictures larger and draws what the larger one may have had.
class PictureUpscaler {
 public:
  /// Throws as checkpoints::open_upscaler and weights::load_strict do.
  static PictureUpscaler load(const std::filesystem::path& path,
                              const UpscalerOptions& options = {});
  PictureUpscaler(PictureUpscaler&&) noexcept;
  PictureUpscaler& operator=(PictureUpscaler&&) noexcept;
  ~PictureUpscaler();

  const UpscalerFacts& facts() const;
  /// `picture`, `factor` times larger. Large ones go through in pieces that overlap by some pixels
  /// (Real-ESRGAN, realesrgan/utils.py tile_process). Transparency is enlarged by Lanczos.
  /// Throws kInvalidInput when the result would have more than image::kMaxPixels.
  image::Image enlarge(const image::Image& picture, const UpscaleHooks& hooks = {});

 private:
  struct Parts;
  explicit PictureUpscaler(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// The size of a side of `length` pixels `scale` times larger, at least 1.
int enlarged_side(int length, double scale);

/// `picture` `scale` times larger, above 1, up to 8: by passes of `upscaler` until it is large
/// enough, three at most, and to the very size by Lanczos; by Lanczos alone for nullptr.
image::Image enlarge(const image::Image& picture,
                     double scale,
                     PictureUpscaler* upscaler,
                     const UpscaleHooks& hooks = {});

/// Notes in a picture's record that it was enlarged so; sizes become those of the larger one.
void record_enlargement(provenance::Record& record,
                        const image::Image& larger,
                        double scale,
                        const PictureUpscaler* upscaler);

}  // namespace lienzo::pipelines
