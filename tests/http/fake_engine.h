#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/image/image.h"
#include "lienzo/service/engine.h"

namespace lienzo::http {

/// Draws flat pictures of the size that is asked for, at once, and remembers what it was asked. The
/// red of picture k is its seed's last eight bits. Models: "mini" (square, its own defaults, words
/// only), "sd" (Stable Diffusion, every task but kUpscale) and "large" (kUpscale only).
class FakeEngine : public service::Engine {
 public:
  std::vector<service::ModelFacts> models() override;
  /// "style", for Stable Diffusion 1.x.
  std::vector<service::LoraFacts> loras() override;
  void complete(service::DrawRequest& request) override;
  std::vector<service::MadePicture> draw(const service::DrawRequest& request,
                                         const service::BlobReader& blobs,
                                         const service::EngineHooks& hooks) override;

  /// What the next pictures fail with.
  void fail_with(std::optional<Error> error);
  /// While held, a job waits before its last step, with a preview told; cancelling ends it.
  void hold(bool held) { held_ = held; }
  bool waiting() const { return waiting_; }
  /// Has the job that is held tell once more how far it is, without a new preview.
  void tell_progress() { progress_told_ = false; }
  bool progress_told() const { return progress_told_; }
  service::DrawRequest last() const;
  /// The picture and the mask of the last request, decoded; empty without.
  image::Image last_picture() const, last_mask() const;

 private:
  service::MadePicture make(const service::DrawRequest& request, int index) const;

  mutable std::mutex mutex_;
  std::optional<Error> error_;
  std::atomic<bool> held_ = false, waiting_ = false, progress_told_ = true;
  service::DrawRequest last_;
  image::Image last_picture_, last_mask_;
};

/// The bytes of a flat picture with `channels` channels of the given value.
std::string flat_picture(
    int width, int height, uint8_t value = 128, int channels = 3, const char* format = "png");
std::string encoded(const image::Image& image, const char* format = "png");
image::Image decoded(const std::string& bytes, bool keep_alpha = false);

}  // namespace lienzo::http
