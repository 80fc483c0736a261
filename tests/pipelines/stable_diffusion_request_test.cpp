#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lienzo/base/error.h"
#include "lienzo/pipelines/stable_diffusion/request.h"

namespace lienzo::pipelines {
namespace {

// What check_request says of a request with this one change.
template <typename Change>
std::string refusal(Change change) {
  StableDiffusionRequest request;
  request.prompt = "a fox";
  change(request);
  try {
    check_request(request);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidInput);
    return error.what();
  }
  return "";
}

using Request = StableDiffusionRequest;
using testing::HasSubstr;

TEST(StableDiffusionRequest, NamesTheValueAndWhatIsAllowed) {
  EXPECT_EQ(refusal([](Request&) {}), "");
  EXPECT_THAT(refusal([](Request& r) { r.width = r.height = 100'000; }),
              HasSubstr("the width is 100000, expected 64 to 8192"));
  EXPECT_THAT(refusal([](Request& r) { r.width = 512; }), HasSubstr("belong together"));
  EXPECT_THAT(refusal([](Request& r) { r.count = 0; }), HasSubstr("expected 1 to 10000"));
  EXPECT_EQ(refusal([](Request& r) { r.guidance = 0.5; }), "");
  EXPECT_EQ(refusal([](Request& r) { r.guidance = 0; }), "");
  EXPECT_THAT(refusal([](Request& r) { r.guidance = -1; }),
              HasSubstr("guidance is -1, expected 0 to 100"));
  EXPECT_THAT(refusal([](Request& r) { r.guidance = std::nan(""); }), HasSubstr("guidance is nan"));
  EXPECT_THAT(refusal([](Request& r) { r.guidance_rescale = 2; }), HasSubstr("rescale is 2"));
  EXPECT_THAT(refusal([](Request& r) { r.prompt = std::string(100'000, 'a'); }),
              HasSubstr("100000 characters long, expected at most 20000"));
  EXPECT_THAT(refusal([](Request& r) { r.prompt = "\xff"; }), HasSubstr("[prompt]"));
  EXPECT_THAT(refusal([](Request& r) { r.second_pass = SecondPass{.scale = 1}; }),
              HasSubstr("expected more than 1"));
}

TEST(StableDiffusionRequest, WantsMaskAndPictureToFit) {
  EXPECT_THAT(
      refusal([](Request& r) { r.inpaint = InpaintOptions{.mask = image::Image(8, 8, 1)}; }),
      HasSubstr("a mask without a picture"));
  EXPECT_THAT(refusal([](Request& r) {
                r.picture = image::Image(64, 64, 3);
                r.inpaint = InpaintOptions{.mask = image::Image(32, 64, 1)};
              }),
              HasSubstr("the mask is 32x64, the picture 64x64"));
}

}  // namespace
}  // namespace lienzo::pipelines
