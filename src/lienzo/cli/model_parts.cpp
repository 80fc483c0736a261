#include "lienzo/cli/model_parts.h"

#include <fmt/format.h>

#include <map>
#include <string>

#include "lienzo/base/error.h"
#include "lienzo/base/printable.h"
#include "lienzo/checkpoints/checkpoint.h"
#include "lienzo/checkpoints/lora_facts.h"
#include "lienzo/checkpoints/recognise.h"
#include "lienzo/cli/console.h"

namespace lienzo::cli {
namespace {

using checkpoints::Checkpoint;
using checkpoints::Family;
using checkpoints::Part;

template <class Config>
void add_part(Json& parts, Part part, const std::optional<checkpoints::Network<Config>>& network) {
  if (!network) return;
  Json json = count_parameters(network->tensors->index());
  json["part"] = checkpoints::name(part);
  Json& files = json["files"] = Json::array();
  for (const std::filesystem::path& file : network->tensors->files())
    files.push_back(file.string());
  json["config"] = network->config.to_json();
  parts.push_back(std::move(json));
}

Json describe(const Checkpoint& model) {
  Json json = {{"family", checkpoints::name(model.family)}};
  json["layout"] = model.layout == checkpoints::Naming::kOriginal ? "original" : "diffusers";
  if (checkpoints::draws(model.family)) json["prediction"] = checkpoints::name(model.prediction);
  if (!model.licence.empty()) json["licence"] = model.licence;
  Json parts = Json::array();
  add_part(parts, Part::kUNet, model.unet);
  add_part(parts, Part::kVae, model.vae);
  add_part(parts, Part::kTextEncoder, model.text_encoder);
  add_part(parts, Part::kTextEncoder2, model.text_encoder_2);
  add_part(parts, Part::kTaesd, model.taesd);
  json["parts"] = std::move(parts);
  return json;
}

// Whether the file is a part of a model or a whole one; of the rest only the kind is known.
bool opens(Family family) {
  return checkpoints::draws(family) || family == Family::kVae || family == Family::kTaesd ||
         family == Family::kClipText;
}

}  // namespace

Json count_parameters(const weights::TensorIndex& index) {
  int64_t parameters = 0;
  std::map<std::string, int64_t> dtypes;
  for (const weights::TensorInfo& tensor : index.tensors()) {
    parameters += tensor.element_count();
    dtypes[std::string(weights::name(tensor.dtype))] += tensor.element_count();
  }
  return {{"tensors", index.size()}, {"parameters", parameters}, {"dtypes", dtypes}};
}

std::string format_count(int64_t count) {
  if (count < 1'000'000) return std::to_string(count);
  return fmt::format("{:.2f} million", static_cast<double>(count) / 1e6);
}

Json describe_model_file(const std::filesystem::path& path, const weights::TensorIndex& index) {
  const Family family = checkpoints::recognise(index).family;
  if (family == Family::kLienzo || family == Family::kUnknown) return nullptr;
  Json json = {{"family", checkpoints::name(family)}};
  if (!opens(family)) {
    json["note"] = checkpoints::refusal(family);
    if (family == Family::kLora) {
      const Family made_for = checkpoints::lora_family(index);
      if (made_for != Family::kUnknown) json["for"] = checkpoints::name(made_for);
    }
    return json;
  }
  try {
    return describe(checkpoints::open_checkpoint(path));
  } catch (const Error& error) {
    json["note"] = std::string("cannot be used: ") + error.what();
    return json;
  }
}

Json describe_model_folder(const std::filesystem::path& folder) {
  return describe(checkpoints::open_checkpoint(folder));
}

void print_model(const Json& model) {
  for (const char* key : {"family", "for", "layout", "prediction", "licence", "note"}) {
    if (model.contains(key))
      print(fmt::format("  {:<11} {}\n", key, printable(model[key].get<std::string>(), 300)));
  }
  if (!model.contains("parts")) return;
  for (const Json& part : model["parts"]) {
    std::string dtypes;
    for (const auto& [name, count] : part["dtypes"].items())
      dtypes += (dtypes.empty() ? "" : ", ") + name;
    const Json& files = part["files"];
    const std::filesystem::path first = files.front().get<std::string>();
    print(fmt::format("  {:<14} {} parameters, {}, in {}{}\n",
                      part["part"].get<std::string>(),
                      format_count(part["parameters"].get<int64_t>()),
                      dtypes,
                      first.filename().string(),
                      files.size() > 1 ? fmt::format(" and {} more", files.size() - 1) : ""));
  }
}

}  // namespace lienzo::cli
