#include <CLI/CLI.hpp>

#include "lienzo/base/error.h"
#include "lienzo/cli/command.h"
#include "lienzo/cli/drawing_model.h"
#include "lienzo/cli/imagine.h"
#include "lienzo/cli/request_options.h"

namespace lienzo::cli {
namespace {

constexpr const char* kEditExamples =
    "Examples:\n"
    "  lienzo edit photo.jpg \"the same street in winter\" -m sd15.safetensors --strength 0.6\n"
    "  lienzo edit sketch.png \"a castle, oil painting\" -m sdxl -n 4 --grid\n"
    "  lienzo edit out.png -m sdxl-refiner --strength 0.3 \"a castle, oil painting\"";

constexpr const char* kInpaintExamples =
    "Examples:\n"
    "  lienzo inpaint room.jpg \"a red armchair\" --mask chair.png -m sd15-inpainting.safetensors\n"
    "  lienzo inpaint face.png \"green eyes\" --mask eyes.png --only-masked --strength 0.5 -m "
    "sdxl\n"
    "White in the mask is painted, black is kept.";

// The embedded model starts from words only.
int draw_on_picture(const ImagineOptions& options, const char* command) {
  const std::filesystem::path model = find_drawing_model(options);
  if (is_lienzo_folder(model)) {
    throw Error(ErrorKind::kUnsupported,
                std::string("[") + command +
                    "] the embedded model draws from words alone; name a Stable Diffusion model "
                    "with --model (lienzo model list shows what is here, lienzo model pull brings "
                    "one)");
  }
  return draw(options, model);
}

void add_picture_options(CLI::App& command, ImagineOptions& options) {
  command.add_option("PICTURE", options.draw.picture, "The picture to start from")
      ->type_name("FILE")
      ->required();
  add_request_options(command, options);
  add_draw_options(command, options.draw);
}

}  // namespace

void add_edit(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("edit", "Draw a picture anew, guided by words");
  command->footer(kEditExamples);
  auto options = std::make_shared<ImagineOptions>();
  add_picture_options(*command, *options);
  command
      ->add_option("--strength",
                   options->draw.strength,
                   "How much may change: near 0 nothing, 1 everything [0.75]")
      ->type_name("X");
  add_second_pass_options(*command, options->draw);
  command->callback(
      [&action, options] { action = [options] { return draw_on_picture(*options, "edit"); }; });
}

void add_inpaint(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("inpaint", "Paint a masked part of a picture anew");
  command->footer(kInpaintExamples);
  auto options = std::make_shared<ImagineOptions>();
  DrawOptions& draw = options->draw;
  add_picture_options(*command, *options);
  command->add_option("--mask", draw.mask, "A picture of the same size: white is painted")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--strength", draw.strength, "How much of what was there may change, 0 to 1 [1]")
      ->type_name("X");
  limit(
      command->add_option("--mask-blur", draw.mask_blur, "Softness of the mask's edge, pixels [4]"),
      0,
      256)
      ->type_name("N");
  command->add_flag("--only-masked",
                    draw.only_masked,
                    "Work on the masked part alone, at the model's full size: for small things");
  limit(command->add_option(
            "--padding", draw.padding, "Pixels around that part that are seen with it [32]"),
        0,
        4096)
      ->type_name("N");
  command->add_flag("--through-autoencoder",
                    draw.through_autoencoder,
                    "Do not put the kept pixels back as they were");
  command->callback(
      [&action, options] { action = [options] { return draw_on_picture(*options, "inpaint"); }; });
}

}  // namespace lienzo::cli
