#include "lienzo/tensor/image_tensor.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>

#include "../base/expect_error.h"

namespace lienzo::tensor {
namespace {

using image::Image;

/// Every level of every channel once, in a picture that is not square.
Image all_levels(int channels) {
  Image picture(64, 4, channels);
  for (size_t i = 0; i < picture.pixels.size(); ++i)
    picture.pixels[i] = static_cast<uint8_t>(i / channels + 31 * (i % channels));
  return picture;
}

TEST(ImageTensor, MapsLevelsToMinusOneToOne) {
  Image picture(2, 1, 3);
  picture.pixels = {0, 51, 255, 10, 20, 30};
  const torch::Tensor x = to_tensor(picture);
  EXPECT_EQ(x.sizes(), (std::vector<int64_t>{1, 3, 1, 2}));
  EXPECT_EQ(x.scalar_type(), torch::kFloat32);
  EXPECT_TRUE(x.is_contiguous());
  EXPECT_FLOAT_EQ(x[0][0][0][0].item<float>(), -1);
  EXPECT_FLOAT_EQ(x[0][1][0][0].item<float>(), -0.6F);
  EXPECT_FLOAT_EQ(x[0][2][0][0].item<float>(), 1);
  EXPECT_FLOAT_EQ(x[0][0][0][1].item<float>(), 10 / 127.5F - 1);
}

TEST(ImageTensor, ComesBackTheSame) {
  const Image picture = all_levels(3);
  EXPECT_EQ(to_image(to_tensor(picture)), picture);
  EXPECT_EQ(to_image(to_tensor(picture).to(torch::kFloat64)), picture);
  const Image pictures[] = {picture, Image(64, 4, 3)};
  EXPECT_EQ(to_images(to_tensor(pictures)), (std::vector<Image>{pictures[0], pictures[1]}));
}

TEST(ImageTensor, RepeatsGreyAndLaysTransparentOnWhite) {
  const torch::Tensor grey = to_tensor(all_levels(1));
  EXPECT_EQ(grey.size(1), 3);
  EXPECT_TRUE(grey.select(1, 0).equal(grey.select(1, 2)));
  Image clear(1, 1, 4);
  clear.pixels = {0, 100, 200, 0};
  EXPECT_EQ(to_image(to_tensor(clear)).pixels, (std::vector<uint8_t>{255, 255, 255}));
  clear.pixels[3] = 255;
  EXPECT_EQ(to_image(to_tensor(clear)).pixels, (std::vector<uint8_t>{0, 100, 200}));
}

TEST(ImageTensor, ClampsAndRounds) {
  const torch::Tensor x =
      torch::tensor({-7.0F, 9.0F, std::nanf(""), INFINITY, 0.0F, 0.49F / 127.5F})
          .reshape({1, 2, 3});
  EXPECT_EQ(to_image(x).pixels, (std::vector<uint8_t>{0, 255, 0, 255, 128, 128}));
  EXPECT_EQ(to_image(x).channels, 1);
}

TEST(ImageTensor, RefusesWhatIsNotAPicture) {
  expect_error(
      ErrorKind::kInvalidInput, [] { to_tensor(Image()); }, "0x0");
  Image broken(2, 2, 3);
  broken.pixels.pop_back();
  expect_error(
      ErrorKind::kInvalidInput, [&] { to_tensor(broken); }, "11 bytes");
  const Image pictures[] = {Image(2, 2, 3), Image(2, 3, 3)};
  expect_error(
      ErrorKind::kInvalidInput, [&] { to_tensor(pictures); }, "got 2x3, expected 2x2");
  expect_error(
      ErrorKind::kInvalidInput, [] { to_tensor(std::span<const Image>()); }, "none given");
  for (const torch::Tensor& x : {torch::zeros({2, 3, 4, 4}),
                                 torch::zeros({4, 4}),
                                 torch::zeros({2, 4, 4}),
                                 torch::zeros({1, 3, 0, 4}),
                                 torch::zeros({3, 4, 4}, torch::kInt64),
                                 torch::Tensor()}) {
    expect_error(
        ErrorKind::kInvalidInput, [&] { to_image(x); }, "expected floating point");
  }
}

}  // namespace
}  // namespace lienzo::tensor
