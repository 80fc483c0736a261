#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "lienzo/base/file.h"
#include "lienzo/base/hash.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/cli/console.h"
#include "lienzo/cli/exit_code.h"
#include "lienzo/cli/model_commands.h"
#include "lienzo/cli/model_folder.h"
#include "lienzo/weights/safetensors_header.h"

namespace lienzo::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExamples =
    "Examples:\n"
    "  lienzo model info models/mini\n"
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
  const MappedFile file(path);
  const weights::TensorIndex index = weights::parse_safetensors_header(file.bytes(), path.string());
  int64_t parameters = 0;
  std::map<std::string, int64_t> dtypes;
  for (const weights::TensorInfo& tensor : index.tensors()) {
    parameters += tensor.element_count();
    dtypes[std::string(weights::name(tensor.dtype))] += tensor.element_count();
  }
  Json json = {{"file", path.string()}};
  Json metadata = Json::object();
  for (const auto& [key, value] : index.metadata()) metadata[key] = parse_or_text(value);
  const auto kind = index.metadata().find("lienzo.kind");
  json["kind"] = kind == index.metadata().end() ? "unknown" : kind->second;
  if (metadata.contains("lienzo.config")) json["config"] = metadata["lienzo.config"];
  json["tensors"] = index.size();
  json["parameters"] = parameters;
  json["dtypes"] = dtypes;
  json["bytes"] = file.bytes().size();
  json["sha256"] = sha256_hex(file.bytes());
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
  if (files.empty() && !fs::exists(description)) {
    throw Error(ErrorKind::kNotFound,
                fmt::format("[model] {} holds no model, expected model.json or *.safetensors in it",
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

std::string format_count(int64_t count) {
  if (count < 1'000'000) return std::to_string(count);
  return fmt::format("{:.2f} million", static_cast<double>(count) / 1e6);
}

std::string cut(const std::string& text, size_t most = 100) {
  return text.size() <= most ? text : text.substr(0, most) + " ...";
}

void print_weights(const Json& json, bool tensors) {
  std::string dtypes;
  for (const auto& [name, count] : json["dtypes"].items()) {
    dtypes += (dtypes.empty() ? "" : ", ") +
              fmt::format("{} ({})", name, format_count(count.get<int64_t>()));
  }
  print(fmt::format("{}\n", json["file"].get<std::string>()));
  print(fmt::format("  kind        {}\n", json["kind"].get<std::string>()));
  print(fmt::format("  parameters  {} in {} tensors\n",
                    format_count(json["parameters"].get<int64_t>()),
                    json["tensors"].get<int64_t>()));
  print(fmt::format("  types       {}\n", dtypes));
  print(fmt::format("  size        {}\n", format_bytes(json["bytes"].get<uint64_t>())));
  print(fmt::format("  sha256      {}\n", json["sha256"].get<std::string>()));
  if (json.contains("config")) print(fmt::format("  config      {}\n", json["config"].dump()));
  for (const auto& [key, value] : json["metadata"].items()) {
    if (key == "lienzo.config" || key == "lienzo.kind") continue;
    print(fmt::format(
        "  {:<11} {}\n", key, cut(value.is_string() ? value.get<std::string>() : value.dump())));
  }
  if (!tensors) return;
  for (const Json& tensor : json["tensor_list"]) {
    print(fmt::format("    {:<6} {:<20} {}\n",
                      tensor["dtype"].get<std::string>(),
                      tensor["shape"].dump(),
                      tensor["name"].get<std::string>()));
  }
}

void print_folder(const Json& json, bool tensors) {
  print(fmt::format("{}: {} parameters, {}\n",
                    json["folder"].get<std::string>(),
                    format_count(json["parameters"].get<int64_t>()),
                    format_bytes(json["bytes"].get<uint64_t>())));
  if (json.contains("model")) {
    for (const auto& [key, value] : json["model"].items()) {
      print(fmt::format(
          "  {:<11} {}\n", key, cut(value.is_string() ? value.get<std::string>() : value.dump())));
    }
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
  command->footer(kExamples);
  auto options = std::make_shared<Options>();
  command->add_option("MODEL", options->path, "A .safetensors file, a model's folder or its name")
      ->type_name("FILE|DIR")
      ->required();
  command->add_flag("--tensors", options->tensors, "List every tensor");
  command->add_flag("--json", options->json, "As JSON");
  command->callback([&action, options] {
    action = [options] { return info(options->path, options->json, options->tensors); };
  });
}

}  // namespace lienzo::cli
