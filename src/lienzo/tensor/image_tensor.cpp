#include "lienzo/tensor/image_tensor.h"

#include <cstring>

#include "lienzo/base/error.h"
#include "lienzo/tensor/shape.h"

namespace lienzo::tensor {

namespace {

void check_picture(const image::Image& picture) {
  const bool channels_known =
      picture.channels == 1 || picture.channels == 3 || picture.channels == 4;
  if (picture.width > 0 && picture.height > 0 && channels_known &&
      picture.pixels.size() ==
          static_cast<size_t>(picture.width) * picture.height * picture.channels) {
    return;
  }
  throw Error(ErrorKind::kInvalidInput,
              "[picture] size, got " + std::to_string(picture.width) + "x" +
                  std::to_string(picture.height) + " with " + std::to_string(picture.channels) +
                  " channels and " + std::to_string(picture.pixels.size()) +
                  " bytes, expected at least one pixel of 1, 3 or 4 channels");
}

}  // namespace

torch::Tensor to_tensor(const image::Image& picture) {
  check_picture(picture);
  const torch::Tensor bytes =
      torch::empty({picture.height, picture.width, picture.channels}, torch::kUInt8);  // (H, W, C)
  std::memcpy(bytes.data_ptr<uint8_t>(), picture.pixels.data(), picture.pixels.size());
  torch::Tensor x = bytes.permute({2, 0, 1}).to(torch::kFloat32).contiguous();  // (C, H, W)
  if (picture.channels == 1) x = x.expand({3, picture.height, picture.width}).contiguous();
  if (picture.channels == 4) {
    const torch::Tensor alpha = x.slice(0, 3, 4) / 255.0;
    x = (x.slice(0, 0, 3) * alpha + 255.0 * (1.0 - alpha)).round();
  }
  return x.div(127.5).sub(1.0).unsqueeze(0);
}

torch::Tensor to_tensor(std::span<const image::Image> pictures) {
  if (pictures.empty())
    throw Error(ErrorKind::kInvalidInput, "[pictures] none given, expected at least one");
  std::vector<torch::Tensor> rows;
  rows.reserve(pictures.size());
  for (const image::Image& picture : pictures) {
    rows.push_back(to_tensor(picture));
    if (picture.width != pictures[0].width || picture.height != pictures[0].height) {
      throw Error(ErrorKind::kInvalidInput,
                  "[pictures] sizes differ, got " + std::to_string(picture.width) + "x" +
                      std::to_string(picture.height) + ", expected " +
                      std::to_string(pictures[0].width) + "x" + std::to_string(pictures[0].height) +
                      " like the first");
    }
  }
  return torch::cat(rows);
}

image::Image to_image(const torch::Tensor& x) {
  const bool batch_of_one = x.defined() && x.dim() == 4 && x.size(0) == 1;
  const torch::Tensor chw = batch_of_one ? x.squeeze(0) : x;
  if (!chw.defined() || chw.dim() != 3 || (chw.size(0) != 3 && chw.size(0) != 1) ||
      chw.numel() == 0 || !chw.is_floating_point()) {
    throw Error(ErrorKind::kInvalidInput,
                "[picture] tensor, got " +
                    (x.defined() ? shape_text(x.sizes()) : std::string("no tensor")) +
                    ", expected floating point (1, 3, height, width)");
  }
  const torch::Tensor levels =
      chw.detach().to(torch::kCPU, torch::kFloat32).nan_to_num(-1.0, 1.0, -1.0).clamp(-1.0, 1.0);
  const torch::Tensor bytes = levels.add(1.0)
                                  .mul(127.5)
                                  .round()
                                  .to(torch::kUInt8)
                                  .permute({1, 2, 0})
                                  .contiguous();  // (H, W, C)
  image::Image picture(static_cast<int>(bytes.size(1)),
                       static_cast<int>(bytes.size(0)),
                       static_cast<int>(bytes.size(2)));
  std::memcpy(picture.pixels.data(), bytes.data_ptr<uint8_t>(), picture.pixels.size());
  return picture;
}

std::vector<image::Image> to_images(const torch::Tensor& x) {
  check_shape(x, {-1, -1, -1, -1}, "pictures");
  std::vector<image::Image> pictures;
  pictures.reserve(static_cast<size_t>(x.size(0)));
  for (const torch::Tensor& picture : x.unbind(0)) pictures.push_back(to_image(picture));
  return pictures;
}

}  // namespace lienzo::tensor
