#include "lienzo/cli/imagine.h"

#include <CLI/CLI.hpp>

#include "lienzo/cli/command.h"
#include "lienzo/cli/drawing_model.h"
#include "lienzo/cli/request_options.h"

namespace lienzo::cli {
namespace {

constexpr const char* kImagineExamples =
    "Examples:\n"
    "  lienzo imagine \"un cubo rojo encima de un cubo azul\"\n"
    "  lienzo imagine \"three glass spheres at night\" -n 4 --grid --seed 7\n"
    "  lienzo imagine \"un cartel que dice HOLA\" --show-scene > scene.json\n"
    "  lienzo imagine --scene scene.json -o edited.png\n"
    "  lienzo imagine --like lienzo-42.png\n"
    "  lienzo imagine \"a lighthouse at dawn\" -m sd15.safetensors --steps 20 --size 512x512\n"
    "  lienzo imagine \"a (red:1.3) fox, snow\" -m sdxl --sampler \"DPM++ 2M Karras\" --hires 1.5\n"
    "Files written are listed on stdout; everything else that is said goes to stderr.";

}  // namespace

int imagine(const ImagineOptions& options) {
  const std::filesystem::path model = find_drawing_model(options);
  return is_lienzo_folder(model) ? imagine_scenes(options, model) : draw(options, model);
}

void add_imagine(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("imagine", "Draw a picture from words");
  command->footer(kImagineExamples);
  auto options = std::make_shared<ImagineOptions>();
  add_request_options(*command, *options);
  command->add_flag("--show-scene",
                    options->show_scene,
                    "Print the layout as JSON and draw its boxes in NAME-scene.png");
  command->add_option("--scene", options->scene, "Draw this layout, edited by you perhaps")
      ->type_name("FILE");
  add_draw_options(*command, options->draw);
  add_second_pass_options(*command, options->draw);
  command->callback([&action, options] { action = [options] { return imagine(*options); }; });
}

}  // namespace lienzo::cli
