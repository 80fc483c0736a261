#include "lienzo/cli/imagine.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "lienzo/cli/command.h"
#include "lienzo/diffusion/samplers/registry.h"
#include "lienzo/pipelines/embedded_model.h"

namespace lienzo::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  lienzo imagine \"un cubo rojo encima de un cubo azul\"\n"
    "  lienzo imagine \"three glass spheres at night\" -n 4 --grid --seed 7\n"
    "  lienzo imagine \"un cartel que dice HOLA\" --show-scene > scene.json\n"
    "  lienzo imagine --scene scene.json -o edited.png\n"
    "  lienzo imagine --like lienzo-42.png\n"
    "Files written are listed on stdout; everything else that is said goes to stderr.";

std::vector<std::string> sampler_choices() {
  std::vector<std::string> names;
  for (const diffusion::Sampler& sampler : diffusion::samplers()) names.emplace_back(sampler.name);
  return names;
}

}  // namespace

void add_imagine(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("imagine", "Draw a picture from words");
  command->footer(kExamples);
  auto options = std::make_shared<ImagineOptions>();
  command->add_option("PROMPT", options->prompt, "What to draw, in Spanish or English")
      ->type_name("TEXT");
  limit(
      command->add_option(
          "-n,--count", options->count, "How many pictures, with seeds that follow each other [1]"),
      1,
      10000)
      ->type_name("N");
  command->add_option("--size", options->size, "Pixels across and down [256x256]")
      ->type_name("WxH");
  check_seed(command->add_option(
      "--seed", options->seed, "The same seed gives the same picture [a new one each time]"));
  limit(command->add_option("--steps", options->steps, "Steps of the sampler [the model's own]"),
        1,
        pipelines::kMostSteps)
      ->type_name("N");
  command
      ->add_option("--guidance", options->guidance, "How hard to insist on the words; 1 is off [1]")
      ->type_name("X");
  command
      ->add_option(
          "--negative", options->negative, "What not to draw; needs guidance, 2 unless said")
      ->type_name("TEXT");
  add_choice(*command,
             "--sampler",
             options->sampler,
             sampler_choices(),
             "How noise becomes a picture [the model's own]");
  command->add_option("-o,--output", options->output, "A file or a folder [lienzo-SEED.png here]")
      ->type_name("FILE|DIR");
  add_choice(*command,
             "--format",
             options->format,
             {"png", "jpg", "webp"},
             "Format of the files [png, or the name's]");
  command->add_flag(
      "--grid", options->grid, "One sheet with all pictures instead of a file for each");
  command->add_flag("--show-scene",
                    options->show_scene,
                    "Print the layout as JSON and draw its boxes in NAME-scene.png");
  command->add_option("--scene", options->scene, "Draw this layout, edited by you perhaps")
      ->type_name("FILE");
  command
      ->add_option("--like",
                   options->like,
                   "Repeat a picture from the record it carries; other options change it")
      ->type_name("FILE");
  command->add_option("--model", options->model, "Folder of another model")->type_name("DIR");
  limit(command->add_option("--threads", options->threads, "Processors to use [all]"), 0, 1024)
      ->type_name("N");
  command->add_flag(
      "--json", options->json, "Print one JSON object about everything instead of file names");
  command->add_flag("-q,--quiet", options->quiet, "Say nothing but warnings and errors");
  command->callback([&action, options] { action = [options] { return imagine(*options); }; });
}

}  // namespace lienzo::cli
