#include "lienzo/pipelines/stable_diffusion/request.h"

#include <fmt/format.h>

#include "lienzo/base/error.h"
#include "lienzo/base/utf8.h"

namespace lienzo::pipelines {
namespace {

constexpr size_t kLongestPrompt = 20'000;  // characters
constexpr int kSmallestSide = 64, kLargestSide = 8192;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::kInvalidInput, "[imagine] " + what);
}

template <typename Number>
void check_range(std::string_view what, Number value, Number least, Number most) {
  if (value >= least && value <= most) return;
  refuse(fmt::format("{} is {}, expected {} to {}", what, value, least, most));
}

void check_text(std::string_view what, const std::string& text) {
  const size_t characters = decode_utf8(text, fmt::format("[{}]", what)).size();
  if (characters > kLongestPrompt) {
    refuse(fmt::format("the {} is {} characters long, expected at most {}; shorten it",
                       what,
                       characters,
                       kLongestPrompt));
  }
}

void check_side(std::string_view what, int pixels) {
  if (pixels != 0) check_range(what, pixels, kSmallestSide, kLargestSide);
}

void check_inpaint(const StableDiffusionRequest& request) {
  const InpaintOptions& inpaint = *request.inpaint;
  if (!request.picture) refuse("a mask without a picture; give the picture that is painted on");
  const image::Image &mask = inpaint.mask, &picture = *request.picture;
  if (mask.width != picture.width || mask.height != picture.height) {
    refuse(fmt::format("the mask is {}x{}, the picture {}x{}; make them the same size",
                       mask.width,
                       mask.height,
                       picture.width,
                       picture.height));
  }
  if (inpaint.only_masked && !inpaint.keep_original)
    refuse(
        "the masked part alone is painted only where the rest is kept; leave out one of the two");
  check_range("the mask's blur", inpaint.blur, 0, 256);
  check_range("the padding around the mask", inpaint.padding, 0, 4096);
}

}  // namespace

void check_request(const StableDiffusionRequest& request) {
  check_text("prompt", request.prompt);
  check_text("negative prompt", request.negative_prompt);
  check_side("the width", request.width);
  check_side("the height", request.height);
  if ((request.width == 0) != (request.height == 0))
    refuse("width and height belong together; give both or none");
  check_range("the number of pictures", request.count, 1, 10'000);
  check_range("clip skip", request.clip_skip, 0, 64);
  if (request.guidance) check_range("the guidance", *request.guidance, 0.0, 100.0);
  check_range("the guidance rescale", request.guidance_rescale, 0.0, 1.0);
  check_range("the batch", request.batch, 0, 64);
  check_range("the number of steps between previews", request.preview_every, 0, 1000);
  if (request.picture && (request.picture->width < 1 || request.picture->height < 1))
    refuse("the picture to start from is empty");
  if (request.inpaint) check_inpaint(request);
  if (!request.second_pass) return;
  const SecondPass& second = *request.second_pass;
  if (request.inpaint) refuse("a second pass and a mask do not go together; inpaint first");
  if (!(second.scale > 1 && second.scale <= 4))
    refuse(fmt::format("the second pass enlarges {} times, expected more than 1, at most 4",
                       second.scale));
  if (!(second.strength > 0 && second.strength <= 1))
    refuse(fmt::format("the strength of the second pass is {}, expected above 0, at most 1",
                       second.strength));
  check_range("the steps of the second pass", second.steps, 0, 1000);
}

}  // namespace lienzo::pipelines
