#include "lienzo/cli/request_options.h"

#include <CLI/CLI.hpp>

#include "lienzo/cli/command.h"
#include "lienzo/cli/imagine.h"
#include "lienzo/diffusion/sampler_names.h"

namespace lienzo::cli {

void add_request_options(CLI::App& command, ImagineOptions& o) {
  command.add_option("PROMPT", o.prompt, "What to draw")->type_name("TEXT");
  limit(command.add_option(
            "-n,--count", o.count, "How many pictures, with seeds that follow each other [1]"),
        1,
        10000)
      ->type_name("N");
  command.add_option("--size", o.size, "Pixels across and down [the model's own]")
      ->type_name("WxH");
  check_seed(command.add_option(
      "--seed", o.seed, "The same seed gives the same picture [a new one each time]"));
  limit(command.add_option("--steps", o.steps, "Steps of the sampler [the model's own]"), 1, 1000)
      ->type_name("N");
  command
      .add_option(
          "--guidance", o.guidance, "How hard to insist on the words; 1 is off [the model's own]")
      ->type_name("X");
  command.add_option("--negative", o.negative, "What not to draw; needs guidance")
      ->type_name("TEXT");
  std::vector<std::string> samplers;
  for (const diffusion::SamplerNames& names : diffusion::sampler_names_elsewhere())
    samplers.emplace_back(names.ours);
  add_name(command,
           "--sampler",
           o.sampler,
           samplers,
           "How noise becomes a picture, by our name or another program's (docs/samplers.md) [the "
           "model's own]");
  command.add_option("-o,--output", o.output, "A file or a folder [lienzo-SEED.png here]")
      ->type_name("FILE|DIR");
  add_choice(command,
             "--format",
             o.format,
             {"png", "jpg", "webp"},
             "Format of the files [png, or the name's]");
  command.add_flag("--grid", o.grid, "One sheet with all pictures instead of a file for each");
  command
      .add_option(
          "--like", o.like, "Repeat a picture from the record it carries; other options change it")
      ->type_name("FILE");
  command
      .add_option("-m,--model",
                  o.model,
                  "A model: its file or folder, or its name in the model folder [the embedded one]")
      ->type_name("FILE|DIR");
  limit(command.add_option("--threads", o.threads, "Processors to use [all]"), 0, 1024)
      ->type_name("N");
  command.add_flag(
      "--json", o.json, "Print one JSON object about everything instead of file names");
  command.add_flag("-q,--quiet", o.quiet, "Say nothing but warnings and errors");
}

void add_second_pass_options(CLI::App& command, DrawOptions& o) {
  constexpr const char* kGroup = "A second, larger pass (with a Stable Diffusion model)";
  command
      .add_option("--hires", o.hires, "Draw again, so many times larger, up to 4; 1: do not [1]")
      ->type_name("X")
      ->group(kGroup);
  command
      .add_option(
          "--hires-strength", o.hires_strength, "How much the second pass changes, 0 to 1 [0.5]")
      ->type_name("X")
      ->group(kGroup);
  limit(command.add_option("--hires-steps", o.hires_steps, "Its steps [as the first]"), 1, 1000)
      ->type_name("N")
      ->group(kGroup);
}

}  // namespace lienzo::cli
