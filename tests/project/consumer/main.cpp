#include <cstdio>

#include "lienzo/base/version.h"
#include "lienzo/diffusion/schedules.h"
#include "lienzo/image/io.h"

int main(int, char** argv) {
  lienzo::image::write_image(argv[1], lienzo::image::Image(16, 8, 3));
  const auto picture = lienzo::image::read_image(argv[1]);
  const auto levels = lienzo::diffusion::flow_sigmas(4);
  std::printf("lienzo %s: %dx%d, %zu levels\n",
              lienzo::version().data(),
              picture.width,
              picture.height,
              levels.size());
}
