#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "lienzo/base/digest_cache.h"
#include "lienzo/base/file.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/base/printable.h"
#include "lienzo/cli/cache_file.h"
#include "lienzo/cli/console.h"
#include "lienzo/cli/exit_code.h"
#include "lienzo/cli/model_commands.h"
#include "lienzo/cli/model_folder.h"
#include "lienzo/cli/model_parts.h"
#include "lienzo/weights/open_tensor_file.h"

namespace lienzo::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kInfoExamples =
    "Examples:\n"
    "  lienzo model info models/mini\n"
    "  lienzo model info v1-5-pruned-emaonly.safetensors\n"
    "  lienzo model info models/mini/decoder.safetensors --tensors\n"
    "  lienzo model info models/mini --json";

// Values of metadata that are JSON themselves are shown as such.
Json parse_or_text(const std::string& text) {
  if (!text.starts_with('{') && !text.starts_with('[')) return text;
  try {
    return parse_json(text, "metadata");
  } catch (const Error&) {
    return text;
  }
}

Json tensor_list(const weights::TensorIndex& index) {
  Json list = Json::array();
  for (const weights::TensorInfo& tensor : index.tensors()) {
    list.push_back(
        {{"name", tensor.name}, {"dtype", weights::name(tensor.dtype)}, {"shape", tensor.shape}});
  }
  return list;
}

Json describe_weights(const fs::path& path) {
  const std::unique_ptr<weights::TensorFile> file = weights::open_tensor_file(path);
  const weights::TensorIndex& index = file->index();
  Json json = count_parameters(index);
  json["file"] = path.string();
  Json metadata = Json::object();
  for (const auto& [key, value] : index.metadata()) metadata[key] = parse_or_text(value);
  const auto kind = index.metadata().find("lienzo.kind");
  json["kind"] = kind == index.metadata().end() ? "unknown" : kind->second;
  if (metadata.contains("lienzo.config")) json["config"] = metadata["lienzo.config"];
  Json model = describe_model_file(path, index);
  if (!model.is_null()) json["model"] = std::move(model);
  json["bytes"] = fs::file_size(path);
  json["sha256"] = cached_sha256(path, digest_cache_file());
  json["metadata"] = std::move(metadata);
  json["tensor_list"] = tensor_list(index);
  return json;
}

// A folder: what model.json says, and every weight file in it.
Json describe_folder(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  const fs::path description = folder / "model.json";
  if (fs::exists(folder / "model_index.json") || fs::exists(folder / "config.json"))
    return {{"folder", folder.string()}, {"diffusers", describe_model_folder(folder)}};
  if (files.empty() && !fs::exists(description)) {
    throw Error(ErrorKind::kNotFound,
                fmt::format("[model] {} holds no model, expected model.json, model_index.json or "
                            "*.safetensors in it",
                            folder.string()));
  }
  Json json = {{"folder", folder.string()}};
  if (fs::exists(description)) {
    json["model"] = parse_json(read_text_file(description), "[model] " + description.string());
  }
  int64_t parameters = 0;
  uint64_t bytes = 0;
  Json parts = Json::array();
  for (const fs::path& file : files) {
    parts.push_back(describe_weights(file));
    parameters += parts.back()["parameters"].get<int64_t>();
    bytes += parts.back()["bytes"].get<uint64_t>();
  }
  json["parameters"] = parameters;
  json["bytes"] = bytes;
  json["files"] = std::move(parts);
  return json;
}

// What a stranger wrote about the model.
void print_entry(const std::string& key, const Json& value) {
  constexpr size_t kMost = 100;
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  print(fmt::format("  {:<11} {}{}\n",
                    printable(key),
                    printable(text, kMost),
                    text.size() > kMost ? " ..." : ""));
}

void print_weights(const Json& json, bool tensors) {
  std::string dtypes;
  for (const auto& [name, count] : json["dtypes"].items()) {
    dtypes += (dtypes.empty() ? "" : ", ") +
              fmt::format("{} ({})", name, format_count(count.get<int64_t>()));
  }
  print(fmt::format("{}\n", json["file"].get<std::string>()));
  if (json.contains("model")) {
    print_model(json["model"]);
  } else {
    print(fmt::format("  kind        {}\n", json["kind"].get<std::string>()));
  }
  print(fmt::format("  parameters  {} in {} tensors\n",
                    format_count(json["parameters"].get<int64_t>()),
                    json["tensors"].get<int64_t>()));
  print(fmt::format("  types       {}\n", dtypes));
  print(fmt::format("  size        {}\n", format_bytes(json["bytes"].get<uint64_t>())));
  print(fmt::format("  sha256      {}\n", json["sha256"].get<std::string>()));
  if (json.contains("config")) print(fmt::format("  config      {}\n", json["config"].dump()));
  for (const auto& [key, value] : json["metadata"].items()) {
    if (key.starts_with("lienzo.config") || key == "lienzo.kind") continue;
    print_entry(key, value);
  }
  if (!tensors) return;
  for (const Json& tensor : json["tensor_list"]) {
    print(fmt::format("    {:<6} {:<20} {}\n",
                      tensor["dtype"].get<std::string>(),
                      tensor["shape"].dump(),
                      printable(tensor["name"].get<std::string>(), 1000)));
  }
}

void print_folder(const Json& json, bool tensors) {
  if (json.contains("diffusers")) {
    print(json["folder"].get<std::string>() + "\n");
    print_model(json["diffusers"]);
    return;
  }
  print(fmt::format("{}: {} parameters, {}\n",
                    json["folder"].get<std::string>(),
                    format_count(json["parameters"].get<int64_t>()),
                    format_bytes(json["bytes"].get<uint64_t>())));
  if (json.contains("model")) {
    for (const auto& [key, value] : json["model"].items()) print_entry(key, value);
  }
  for (const Json& part : json["files"]) {
    print("\n");
    print_weights(part, tensors);
  }
}

// Names of tensors make up most of the JSON and are left out unless asked for.
void drop_tensor_lists(Json& json) {
  json.erase("tensor_list");
  if (json.contains("files")) {
    for (Json& part : json["files"]) part.erase("tensor_list");
  }
}

int info(const fs::path& model, bool as_json, bool tensors) {
  const fs::path path = find_model(model);
  const bool folder = fs::is_directory(path);
  Json json = folder ? describe_folder(path) : describe_weights(path);
  if (as_json) {
    if (!tensors) drop_tensor_lists(json);
    print_json(json);
  } else if (folder) {
    print_folder(json, tensors);
  } else {
    print_weights(json, tensors);
  }
  return kExitOk;
}

}  // namespace

void add_model_info(CLI::App& model, Action& action) {
  struct Options {
    fs::path path;
    bool json = false;
    bool tensors = false;
  };
  CLI::App* command = model.add_subcommand("info", "Say what a model is made of");
  command->footer(kInfoExamples);
  auto options = std::make_shared<Options>();
  command
      ->add_option(
          "MODEL", options->path, "A file of weights of any format, a model's folder or its name")
      ->type_name("FILE|DIR")
      ->required();
  command->add_flag("--tensors", options->tensors, "List every tensor");
  command->add_flag("--json", options->json, "As JSON");
  command->callback([&action, options] {
    action = [options] { return info(options->path, options->json, options->tensors); };
  });
}

}  // namespace lienzo::cli
