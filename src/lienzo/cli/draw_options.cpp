#include "lienzo/cli/draw_options.h"

#include <CLI/CLI.hpp>

#include "lienzo/cli/command.h"
#include "lienzo/diffusion/sampler_names.h"

namespace lienzo::cli {
namespace {

constexpr const char* kGroup = "With a Stable Diffusion model";

void add_sampling(CLI::App& command, DrawOptions& o) {
  std::vector<std::string> schedules;
  for (const diffusion::ScheduleNames& names : diffusion::schedule_names_elsewhere())
    schedules.emplace_back(names.ours);
  add_name(command,
           "--schedule",
           o.schedule,
           schedules,
           "Noise levels that the steps visit [the model's own]")
      ->group(kGroup);
  command
      .add_option(
          "--sigmas", o.sigmas, "The noise levels themselves, descending, with a 0 at the end")
      ->delimiter(',')
      ->type_name("X,X,..")
      ->group(kGroup);
  command.add_option("--eta", o.eta, "Share of fresh noise in a step [the sampler's own]")
      ->type_name("X")
      ->group(kGroup);
  command
      .add_option("--guidance-rescale",
                  o.guidance_rescale,
                  "0 to 1: tame the contrast that guidance brings; 0.7 for zero-SNR models [0]")
      ->type_name("X")
      ->group(kGroup);
  command
      .add_option("--guidance-interval",
                  o.guidance_interval,
                  "Guide at noise levels between these only [all]")
      ->type_name("LOW:HIGH")
      ->group(kGroup);
  add_choice(
      command,
      "--noise",
      o.noise,
      {"cpu", "gpu"},
      "Whose random numbers: torch's on a CPU, or on a GPU as web interfaces have them [cpu]")
      ->group(kGroup);
  add_choice(
      command,
      "--syntax",
      o.syntax,
      {"a1111", "plain"},
      "Read (word:1.3), [a|b] and the like in prompts, or take every character as text [a1111]")
      ->group(kGroup);
  limit(command.add_option(
            "--clip-skip",
            o.clip_skip,
            "Stop at this layer of the text encoder, from the end [1; SD 2 and XL: 2]"),
        1,
        64)
      ->type_name("N")
      ->group(kGroup);
  limit(
      command.add_option(
          "--batch", o.batch, "Pictures that go through the network together [1 on a CPU, else 4]"),
      1,
      64)
      ->type_name("N")
      ->group(kGroup);
  limit(command.add_option(
            "--preview-every", o.preview_every, "Write NAME-preview.png every N steps [never]"),
        1,
        1000)
      ->type_name("N")
      ->group(kGroup);
}

void add_model(CLI::App& command, DrawOptions& o) {
  command.add_option("--vae", o.vae, "Autoencoder from elsewhere [the model's own]")
      ->type_name("NAME|FILE|DIR")
      ->group(kGroup);
  command
      .add_option("--lora",
                  o.loras,
                  "Merge a LoRA of the model folder, or a file, into the model: name:0.8; for "
                  "several, again [none]")
      ->type_name("NAME|FILE[:WEIGHT]")
      ->allow_extra_args(false)
      ->group(kGroup);
  command
      .add_option(
          "--tokenizer", o.tokenizer, "Vocabulary for a single-file model [the model folder's]")
      ->type_name("FILE|DIR")
      ->group(kGroup);
  command.add_option("--taesd", o.tiny_autoencoder, "Tiny autoencoder, for better previews [none]")
      ->type_name("NAME|FILE|DIR")
      ->group(kGroup);
  command
      .add_option("--variant", o.variant, "Which files of a folder, such as fp16 [the plain ones]")
      ->type_name("NAME")
      ->group(kGroup);
  add_choice(command,
             "--prediction",
             o.prediction,
             {"epsilon", "v_prediction"},
             "What the network answers, where a file does not say [guessed]")
      ->group(kGroup);
  add_choice(command,
             "--dtype",
             o.dtype,
             {"bf16", "fp32", "fp16"},
             "Type of numbers [bf16 where the processor has it, else fp32; fp16 on a GPU]")
      ->group(kGroup);
  command.add_option("--device", o.device, "cpu, cuda, cuda:1 ... [auto]")
      ->type_name("NAME")
      ->group(kGroup);
  add_choice(command,
             "--tiles",
             o.tiles,
             {"auto", "always", "never"},
             "Decode in pieces: where memory is short, always or never [auto]")
      ->group(kGroup);
}

}  // namespace

void add_draw_options(CLI::App& command, DrawOptions& options) {
  add_sampling(command, options);
  add_model(command, options);
}

std::string first_draw_option(const DrawOptions& o) {
  const std::pair<const char*, bool> typed[] = {
      {"--schedule", !o.schedule.empty()},
      {"--sigmas", !o.sigmas.empty()},
      {"--eta", o.eta.has_value()},
      {"--guidance-rescale", o.guidance_rescale.has_value()},
      {"--guidance-interval", !o.guidance_interval.empty()},
      {"--noise", !o.noise.empty()},
      {"--syntax", !o.syntax.empty()},
      {"--clip-skip", o.clip_skip.has_value()},
      {"--batch", o.batch.has_value()},
      {"--preview-every", o.preview_every.has_value()},
      {"--hires", o.hires.has_value()},
      {"--hires-strength", o.hires_strength.has_value()},
      {"--hires-steps", o.hires_steps.has_value()},
      {"--vae", !o.vae.empty()},
      {"--lora", !o.loras.empty()},
      {"--tokenizer", !o.tokenizer.empty()},
      {"--taesd", !o.tiny_autoencoder.empty()},
      {"--variant", !o.variant.empty()},
      {"--prediction", !o.prediction.empty()},
      {"--dtype", !o.dtype.empty()},
      {"--device", !o.device.empty()},
      {"--tiles", !o.tiles.empty()},
  };
  for (const auto& [name, given] : typed) {
    if (given) return name;
  }
  return {};
}

}  // namespace lienzo::cli
