#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "lienzo/image/image.h"

namespace lienzo::pipelines {

struct CaptionedRequest {
  std::string prompt = {};           // may be empty: a picture of anything it learned
  std::string negative_prompt = {};  // what guidance moves away from
  uint64_t seed = 0;
  int steps = 0;                        // 1 to 200; 0: the model's default
  std::optional<double> guidance = {};  // 0 to 100, 1: off; the model's default unless given
  std::string sampler = {};  // empty: the model's default; see diffusion/samplers/registry.h
  int size = 0;  // side in pixels; 0: the size it learned, which is the one it draws well
};

/// A model trained on captioned pictures (kind "captioned-pictures"): words -> picture, the text
/// reaching the denoiser by cross-attention.
class CaptionedModel {
 public:
  /// Reads model.json, tokenizer.json, denoiser.safetensors and text_encoder.safetensors. Throws
  /// kNotFound, kIo, kCorrupt or kUnsupported naming the file.
  static CaptionedModel load(const std::filesystem::path& folder);
  CaptionedModel(CaptionedModel&&) noexcept;
  CaptionedModel& operator=(CaptionedModel&&) noexcept;
  ~CaptionedModel();

  /// Throws kInvalidInput for a request out of range.
  image::Image draw(const CaptionedRequest& request);

  const std::string& name() const;
  /// SHA-256 over the model's files, hexadecimal.
  const std::string& hash() const;

 private:
  struct Parts;
  explicit CaptionedModel(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace lienzo::pipelines
