#include "lienzo/cli/size.h"

#include <fmt/format.h>

#include "lienzo/base/error.h"
#include "lienzo/cli/parse_number.h"

namespace lienzo::cli {
namespace {

constexpr int kMaxSide = 16384;

}  // namespace

PictureSize parse_size(std::string_view text) {
  const size_t cross = text.find_first_of("xX");
  const auto width = parse_number<int>(text.substr(0, cross));
  const auto height =
      cross == std::string_view::npos ? width : parse_number<int>(text.substr(cross + 1));
  if (!width || !height) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format("[--size] cannot read '{}', expected WIDTHxHEIGHT in pixels, such as 256x256",
                    text));
  }
  if (*width < 1 || *height < 1 || *width > kMaxSide || *height > kMaxSide) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format(
            "[--size] impossible size {}, expected sides of 1 to {} pixels", text, kMaxSide));
  }
  return {*width, *height};
}

}  // namespace lienzo::cli
