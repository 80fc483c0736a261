#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "lienzo/base/error.h"
#include "lienzo/base/printable.h"
#include "lienzo/checkpoints/lora_facts.h"
#include "lienzo/checkpoints/recognise.h"
#include "lienzo/cli/console.h"
#include "lienzo/cli/exit_code.h"
#include "lienzo/cli/model_commands.h"
#include "lienzo/cli/model_folder.h"
#include "lienzo/hub/model_store.h"
#include "lienzo/weights/open_tensor_file.h"

namespace lienzo::cli {
namespace {

namespace fs = std::filesystem;
using hub::LocalModel;

constexpr const char* kListExamples =
    "Examples:\n"
    "  lienzo model list\n"
    "  lienzo model list --json\n"
    "  lienzo model list --folder /media/disk/models";

/// A model, and whether it came with the program.
struct Row {
  LocalModel model;
  bool embedded = false;
  bool lora = false;
};

// What a checkpoint is, by its table of contents; "" for files that are none we know.
std::string family_of(const fs::path& path) {
  try {
    const auto family = checkpoints::recognise(weights::open_tensor_file(path)->index()).family;
    if (family != checkpoints::Family::kUnknown) return std::string(checkpoints::name(family));
  } catch (const Error&) {
    // Something else with the name of a weight file, or one that broke off.
  }
  return "";
}

// A single file may be a LoRA, which its table of contents says.
Row row_of(LocalModel model) {
  Row row{std::move(model)};
  if (row.model.kind != hub::ModelKind::kSingleFile) return row;
  const auto lora = checkpoints::look_at_lora(row.model.path);
  if (!lora) {
    row.model.family = family_of(row.model.path);
    return row;
  }
  row.lora = true;
  if (lora->family != checkpoints::Family::kUnknown)
    row.model.family = fmt::format("for {}", checkpoints::name(lora->family));
  return row;
}

// The embedded model wherever it is; nothing where the program came without it.
void add_embedded(std::vector<Row>& rows) {
  fs::path folder;
  try {
    folder = find_model({});
  } catch (const Error&) {
    return;
  }
  for (LocalModel& model : hub::list_models(folder.parent_path())) {
    if (model.path != folder) continue;
    std::erase_if(rows, [&](const Row& row) { return row.model.path == folder; });
    rows.insert(rows.begin(), {std::move(model), true});
    return;
  }
}

std::string kind_of(const Row& row) {
  return row.embedded ? "embedded" : row.lora ? "LoRA" : std::string(hub::name(row.model.kind));
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

Json to_json(const std::vector<Row>& rows) {
  Json list = Json::array();
  for (const Row& row : rows) {
    const LocalModel& model = row.model;
    list.push_back({{"name", model.name},
                    {"path", model.path.string()},
                    {"kind", kind_of(row)},
                    {"family", model.family},
                    {"bytes", model.bytes},
                    {"licence", model.licence},
                    {"unfinished", model.unfinished}});
  }
  return list;
}

void print_table(const std::vector<Row>& rows) {
  std::vector<std::vector<std::string>> table = {{"NAME", "KIND", "SIZE", "LICENCE", "FAMILY"}};
  for (const Row& row : rows) {
    const LocalModel& model = row.model;
    const std::string family = model.unfinished.empty()
                                   ? or_dash(model.family)
                                   : "unfinished; go on with: " + model.unfinished;
    table.push_back({printable(model.name, 300),
                     kind_of(row),
                     format_bytes(model.bytes),
                     or_dash(model.licence),
                     family});
  }
  std::vector<size_t> widths(table[0].size(), 0);
  for (const auto& line : table) {
    for (size_t k = 0; k < line.size(); ++k) widths[k] = std::max(widths[k], line[k].size());
  }
  for (const auto& line : table) {
    std::string text;
    for (size_t k = 0; k + 1 < line.size(); ++k) {
      // Sizes are compared more easily at the right.
      text += k == 2 ? fmt::format("{:>{}}  ", line[k], widths[k])
                     : fmt::format("{:<{}}  ", line[k], widths[k]);
    }
    print(text + line.back() + "\n");
  }
}

int list(const fs::path& given, bool as_json) {
  const fs::path folder = models_folder(given);
  std::vector<Row> rows;
  for (LocalModel& model : hub::list_models(folder)) rows.push_back(row_of(std::move(model)));
  const bool nothing = rows.empty();
  if (given.empty()) add_embedded(rows);
  if (as_json) {
    print_json(to_json(rows));
    return kExitOk;
  }
  if (!rows.empty()) print_table(rows);
  if (nothing) {
    say(
        fmt::format("No models in {}; get one with: lienzo model pull NAME (see lienzo model pull "
                    "--help)",
                    folder.string()));
  }
  return kExitOk;
}

}  // namespace

void add_model_list(CLI::App& model, Action& action) {
  struct Options {
    fs::path folder;
    bool json = false;
  };
  CLI::App* command = model.add_subcommand("list", "List the models on this computer");
  command->footer(kListExamples);
  auto options = std::make_shared<Options>();
  command
      ->add_option("--folder",
                   options->folder,
                   "Where models are kept [$LIENZO_MODELS, else ~/.local/share/lienzo/models]")
      ->type_name("DIR");
  command->add_flag("--json", options->json, "As JSON");
  command->callback(
      [&action, options] { action = [options] { return list(options->folder, options->json); }; });
}

}  // namespace lienzo::cli
