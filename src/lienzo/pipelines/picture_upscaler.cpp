#include "lienzo/pipelines/picture_upscaler.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>
#include <variant>

#include "lienzo/base/error.h"
#include "lienzo/base/file_stamp.h"
#include "lienzo/checkpoints/upscaler.h"
#include "lienzo/image/resize.h"
#include "lienzo/nn/prepare.h"
#include "lienzo/nn/skip_init.h"
#include "lienzo/pipelines/names_elsewhere.h"
#include "lienzo/tensor/device.h"
#include "lienzo/tensor/dtype.h"
#include "lienzo/tensor/image_tensor.h"
#include "lienzo/weights/load.h"

namespace lienzo::pipelines {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTile = 160;   // pixels a side of a piece's own part; a multiple of every folding
constexpr int kBorder = 16;  // pixels around it that it sees; likewise

int round_up(int length, int multiple) { return (length + multiple - 1) / multiple * multiple; }

template <class Network, class Config>
Network built(const Config& config,
              const weights::TensorFile& tensors,
              const torch::Device& device,
              torch::ScalarType dtype) {
  const nn::SkipInit weights_follow;
  Network network(config);
  weights::load_strict(*network, tensors, {.file_dtype = true, .share_memory = true});
  if (!device.is_cpu()) network->to(device, dtype);
  nn::prepare_for_inference(*network, dtype);
  return network;
}

// Puts the part of `piece` that begins at (left, top) and has the size width x height at (x, y) of
// `picture`.
void paste(const image::Image& piece,
           int left,
           int top,
           int width,
           int height,
           image::Image& picture,
           int x,
           int y) {
  for (int row = 0; row < height; ++row)
    std::copy_n(piece.at(left, top + row), width * 3, picture.at(x, y + row));
}

image::Image with_alpha_of(const image::Image& small, const image::Image& colours) {
  image::Image alpha(small.width, small.height, 1);
  for (size_t i = 0; i < alpha.pixels.size(); ++i) alpha.pixels[i] = small.pixels[4 * i + 3];
  alpha = image::resize(alpha, colours.width, colours.height);
  image::Image result(colours.width, colours.height, 4);
  for (size_t i = 0; i < alpha.pixels.size(); ++i) {
    std::copy_n(&colours.pixels[3 * i], 3, &result.pixels[4 * i]);
    result.pixels[4 * i + 3] = alpha.pixels[i];
  }
  return result;
}

// The colours as they are below the transparency.
image::Image colours_of(const image::Image& picture) {
  if (picture.channels != 4) return image::to_rgb(picture);
  image::Image colours(picture.width, picture.height, 3);
  for (size_t i = 0; i < colours.pixels.size() / 3; ++i)
    std::copy_n(&picture.pixels[4 * i], 3, &colours.pixels[3 * i]);
  return colours;
}

}  // namespace

struct PictureUpscaler::Parts {
  UpscalerFacts facts;
  FileStamp stamp;  // of the file, in which its weights may stay
  torch::Device device = torch::kCPU;
  torch::ScalarType dtype = torch::kFloat;
  int multiple = 1;  // of pixels a side that the network takes
  std::variant<models::RrdbNet, models::SrvggNet> network{models::RrdbNet(nullptr)};

  // x (1, 3, h, w), -1 to 1, of any size.
  image::Image run(const torch::Tensor& x) {
    const auto height = static_cast<int>(x.size(2)), width = static_cast<int>(x.size(3));
    const int below = round_up(height, multiple) - height,
              right = round_up(width, multiple) - width;
    torch::Tensor whole = (x + 1) / 2;
    if (below > 0 || right > 0) whole = at::replication_pad2d(whole, {0, right, 0, below});
    whole = whole.to(device, dtype);
    const torch::Tensor y = std::visit([&](auto& net) { return net->forward(whole); }, network);
    const int factor = facts.factor;
    return tensor::to_image(
        (y.narrow(2, 0, height * factor).narrow(3, 0, width * factor) * 2 - 1).to(torch::kFloat));
  }
};

PictureUpscaler::PictureUpscaler(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
PictureUpscaler::PictureUpscaler(PictureUpscaler&&) noexcept = default;
PictureUpscaler& PictureUpscaler::operator=(PictureUpscaler&&) noexcept = default;
PictureUpscaler::~PictureUpscaler() = default;

PictureUpscaler PictureUpscaler::load(const std::filesystem::path& path,
                                      const UpscalerOptions& options) {
  const checkpoints::Upscaler file = checkpoints::open_upscaler(path);
  FileStamp stamp(path);
  auto parts = std::make_unique<Parts>(Parts{.facts = {}, .stamp = std::move(stamp)});
  parts->device = tensor::parse_device(options.device);
  parts->dtype = options.dtype.empty() ? tensor::fast_dtype(parts->device)
                                       : tensor::parse_dtype(options.dtype);
  parts->facts = {.name = path.stem().string(),
                  .architecture = file.architecture(),
                  .dtype = tensor::dtype_name(parts->dtype),
                  .device = parts->device.str(),
                  .factor = static_cast<int>(file.factor())};
  if (const auto* config = std::get_if<models::RrdbNetConfig>(&file.config)) {
    parts->multiple = static_cast<int>(config->folding);
    parts->network = built<models::RrdbNet>(*config, *file.tensors, parts->device, parts->dtype);
  } else {
    parts->network = built<models::SrvggNet>(
        std::get<models::SrvggNetConfig>(file.config), *file.tensors, parts->device, parts->dtype);
  }
  return PictureUpscaler(std::move(parts));
}

const UpscalerFacts& PictureUpscaler::facts() const { return parts_->facts; }

image::Image PictureUpscaler::enlarge(const image::Image& picture, const UpscaleHooks& hooks) {
  const int factor = parts_->facts.factor, width = picture.width, height = picture.height;
  if (int64_t{width} * height * factor * factor > image::kMaxPixels) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[upscale] {}x{} pixels become {} times as wide and high, expected at "
                            "most {} pixels in all",
                            width,
                            height,
                            factor,
                            image::kMaxPixels));
  }
  parts_->stamp.require_unchanged();
  const torch::NoGradGuard no_grad;
  const torch::Tensor x = tensor::to_tensor(colours_of(picture));
  image::Image result(width * factor, height * factor, 3);
  const int across = (width + kTile - 1) / kTile, down = (height + kTile - 1) / kTile;
  const auto start = Clock::now();
  const auto tell = [&](int done) {
    if (!hooks.progress) return;
    hooks.progress({.stage = "upscale",
                    .done = done,
                    .total = int64_t{across} * down,
                    .seconds = std::chrono::duration<double>(Clock::now() - start).count()});
  };
  tell(0);
  for (int i = 0; i < across * down; ++i) {
    if (hooks.cancelled && hooks.cancelled())
      throw Error(ErrorKind::kCancelled, "[upscale] stopped");
    const int left = i % across * kTile, top = i / across * kTile;
    const int right = std::min(left + kTile, width), bottom = std::min(top + kTile, height);
    const int seen_left = std::max(left - kBorder, 0), seen_top = std::max(top - kBorder, 0);
    const int seen_right = std::min(right + kBorder, width);
    const int seen_bottom = std::min(bottom + kBorder, height);
    const image::Image piece = parts_->run(
        x.narrow(2, seen_top, seen_bottom - seen_top).narrow(3, seen_left, seen_right - seen_left));
    paste(piece,
          (left - seen_left) * factor,
          (top - seen_top) * factor,
          (right - left) * factor,
          (bottom - top) * factor,
          result,
          left * factor,
          top * factor);
    tell(i + 1);
  }
  parts_->stamp.require_unchanged();
  return picture.channels == 4 ? with_alpha_of(picture, result) : result;
}

int enlarged_side(int length, double scale) {
  return std::max(1, static_cast<int>(std::lround(length * scale)));
}

image::Image enlarge(const image::Image& picture,
                     double scale,
                     PictureUpscaler* upscaler,
                     const UpscaleHooks& hooks) {
  const int width = enlarged_side(picture.width, scale),
            height = enlarged_side(picture.height, scale);
  image::Image result = picture;
  if (upscaler) {
    constexpr int kMostPasses = 3;
    int pass = 0;
    do {
      result = upscaler->enlarge(result, hooks);
    } while (++pass < kMostPasses && upscaler->facts().factor > 1 && result.width < width);
  }
  return result.width == width && result.height == height ? result
                                                          : image::resize(result, width, height);
}

void record_enlargement(provenance::Record& record,
                        const image::Image& larger,
                        double scale,
                        const PictureUpscaler* upscaler) {
  record.width = larger.width;
  record.height = larger.height;
  if (!record.sampler.empty()) name_sampling_elsewhere(record);
  record.extra["enlarged"] = {{"scale", scale}};
  if (upscaler) {
    record.extra["enlarged"]["model"] = upscaler->facts().name;
  } else {
    record.extra["enlarged"]["filter"] = "lanczos";
  }
}

}  // namespace lienzo::pipelines
