#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "lienzo/base/error.h"
#include "lienzo/checkpoints/convert.h"
#include "lienzo/cli/console.h"
#include "lienzo/cli/exit_code.h"
#include "lienzo/cli/model_commands.h"
#include "lienzo/cli/model_folder.h"
#include "lienzo/tensor/dtype.h"

namespace lienzo::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConvertExamples =
    "Examples:\n"
    "  lienzo model convert v1-5-pruned.ckpt sd15.safetensors --dtype fp16\n"
    "  lienzo model convert sdxl-folder sdxl.safetensors\n"
    "  lienzo model convert model.safetensors model-folder --vae better.safetensors";

struct ConvertOptions {
  fs::path model, target, vae;
  std::string layout, dtype, variant;
};

checkpoints::Naming layout_of(const ConvertOptions& options) {
  if (options.layout == "original") return checkpoints::Naming::kOriginal;
  if (options.layout == "diffusers") return checkpoints::Naming::kDiffusers;
  return options.target.extension() == ".safetensors" ? checkpoints::Naming::kOriginal
                                                      : checkpoints::Naming::kDiffusers;
}

// A folder called model.gguf would look like a file that it is not.
void check_name(const fs::path& target, checkpoints::Naming layout) {
  const std::string ending = target.extension().string();
  const bool file = layout == checkpoints::Naming::kOriginal;
  if (file && ending == ".safetensors") return;
  constexpr std::string_view kFiles[] = {".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".gguf"};
  if (!file && std::find(std::begin(kFiles), std::end(kFiles), ending) == std::end(kFiles)) return;
  throw Error(ErrorKind::kInvalidInput,
              fmt::format("[convert] {} is no name for {}; single files are written as "
                          "NAME.safetensors, folders of diffusers without such an ending",
                          target.string(),
                          file ? "a safetensors file" : "a folder"));
}

int convert(const ConvertOptions& options) {
  checkpoints::ConvertOptions how{.layout = layout_of(options)};
  check_name(options.target, how.layout);
  if (!options.dtype.empty()) how.dtype = tensor::parse_dtype(options.dtype);
  const fs::path vae = options.vae.empty() ? fs::path() : find_model(options.vae);
  const checkpoints::Checkpoint model = checkpoints::open_checkpoint(
      find_model(options.model), {.variant = options.variant, .vae = vae});
  checkpoints::convert_checkpoint(model, options.target, how);
  if (how.layout == checkpoints::Naming::kDiffusers && model.unet && !model.tokenizer &&
      !model.tokenizer_2) {
    say("The model brings no vocabulary, so the folder has none; diffusers wants one in its folder "
        "tokenizer.");
  }
  print(options.target.string() + "\n");
  return kExitOk;
}

}  // namespace

void add_model_convert(CLI::App& model, Action& action) {
  CLI::App* command =
      model.add_subcommand("convert", "Write a model in another layout or number type");
  command->footer(kConvertExamples);
  auto options = std::make_shared<ConvertOptions>();
  command->add_option("MODEL", options->model, "A model's file of any format, folder or name")
      ->type_name("FILE|DIR")
      ->required();
  command
      ->add_option("OUT", options->target, "NAME.safetensors for a single file, else a new folder")
      ->type_name("FILE|DIR")
      ->required();
  add_choice(*command,
             "--layout",
             options->layout,
             {"original", "diffusers"},
             "original: one file, as most programs read it; diffusers: a folder. Told by OUT where "
             "not given");
  add_choice(*command,
             "--dtype",
             options->dtype,
             {"fp32", "fp16", "bf16"},
             "Type of the numbers; as they are where not given");
  command->add_option("--vae", options->vae, "Put the autoencoder of this model in")
      ->type_name("NAME|FILE|DIR");
  command->add_option(
      "--variant", options->variant, "Which files of a folder to read, such as fp16");
  command->callback([&action, options] { action = [options] { return convert(*options); }; });
}

}  // namespace lienzo::cli
