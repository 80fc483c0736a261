#include "lienzo/training/checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <regex>

#include "lienzo/base/error.h"
#include "lienzo/base/hash.h"
#include "lienzo/base/log.h"
#include "lienzo/training/recipe.h"
#include "lienzo/weights/safetensors.h"

// Names in the file: param.<name>, buffer.<name>, m.<name>, v.<name>, ema.<name>.
namespace lienzo::training {
namespace {

constexpr const char* kFormat = "lienzo-checkpoint-1";

using Tensors = std::map<std::string, torch::Tensor>;

// The live tensors of a training by their names in the file.
Tensors live_tensors(const torch::nn::Module& module, const AdamW& optimizer) {
  Tensors tensors;
  for (const auto& item : module.named_parameters()) tensors["param." + item.key()] = item.value();
  for (const auto& item : module.named_buffers()) tensors["buffer." + item.key()] = item.value();
  for (const ParameterState& state : optimizer.states()) {
    tensors["m." + state.name] = state.m;
    tensors["v." + state.name] = state.v;
    if (state.ema.defined()) tensors["ema." + state.name] = state.ema;
  }
  return tensors;
}

// The format has no checksum of its own: a flipped bit would go on training unnoticed.
std::string fingerprint(const Tensors& tensors,
                        const std::map<std::string, std::string>& metadata) {
  std::string text;
  for (const auto& [key, value] : metadata) {
    if (key != "fingerprint") text += fmt::format("{}={}\n", key, value);
  }
  for (const auto& [name, tensor] : tensors) {
    const torch::Tensor plain = tensor.detach().cpu().contiguous();
    const auto* bytes = static_cast<const std::byte*>(plain.data_ptr());
    text += fmt::format("{} {}\n", name, sha256_hex({bytes, static_cast<size_t>(plain.nbytes())}));
  }
  return sha256_hex(std::as_bytes(std::span(text)));
}

Json state_json(const TrainState& state, int64_t updates) {
  return {{"step", state.step},
          {"updates", updates},
          {"skipped", state.skipped},
          {"skipped_in_a_row", state.skipped_in_a_row},
          {"elapsed_seconds", state.elapsed_seconds},
          {"pending", state.pending},
          {"recipe", state.recipe}};
}

[[noreturn]] void corrupt(const std::filesystem::path& path, const std::string& what) {
  throw Error(ErrorKind::kCorrupt, fmt::format("[checkpoint] {}: {}", path.string(), what));
}

}  // namespace

std::filesystem::path checkpoint_path(const std::filesystem::path& folder, int64_t step) {
  return folder / fmt::format("step-{:08}.safetensors", step);
}

std::vector<std::filesystem::path> list_checkpoints(const std::filesystem::path& folder) {
  static const std::regex pattern(R"(step-(\d{8,18})\.safetensors)");
  std::vector<std::pair<int64_t, std::filesystem::path>> found;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
    std::smatch match;
    const std::string name = entry.path().filename().string();
    if (std::regex_match(name, match, pattern))
      found.emplace_back(std::stoll(match[1]), entry.path());
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<std::filesystem::path> paths;
  paths.reserve(found.size());
  for (auto& item : found) paths.push_back(std::move(item.second));
  return paths;
}

void save_checkpoint(const std::filesystem::path& folder,
                     const TrainState& state,
                     const torch::nn::Module& module,
                     const AdamW& optimizer,
                     int64_t keep) {
  std::filesystem::create_directories(folder);
  const Tensors tensors = live_tensors(module, optimizer);
  std::map<std::string, std::string> metadata = {
      {"format", kFormat}, {"state", state_json(state, optimizer.updates()).dump()}};
  metadata["fingerprint"] = fingerprint(tensors, metadata);
  std::vector<weights::NamedTensor> list;
  for (const auto& [name, tensor] : tensors) list.emplace_back(name, tensor.detach());
  weights::write_safetensors(checkpoint_path(folder, state.step), list, metadata);

  const auto paths = list_checkpoints(folder);
  for (size_t i = static_cast<size_t>(keep); i < paths.size(); ++i)
    std::filesystem::remove(paths[i]);
}

TrainState load_checkpoint(const std::filesystem::path& path,
                           const Json& recipe,
                           torch::nn::Module& module,
                           AdamW& optimizer) {
  std::map<std::string, std::string> metadata;
  const Tensors stored = weights::read_safetensors(path, &metadata);
  if (metadata["format"] != kFormat) corrupt(path, fmt::format("not a {} file", kFormat));
  if (metadata["fingerprint"] != fingerprint(stored, metadata))
    corrupt(path, "damaged, its fingerprint differs");

  TrainState state;
  int64_t updates = 0;
  try {
    const Json json = Json::parse(metadata["state"]);
    state.step = json.at("step");
    updates = json.at("updates");
    state.skipped = json.at("skipped");
    state.skipped_in_a_row = json.at("skipped_in_a_row");
    state.elapsed_seconds = json.at("elapsed_seconds");
    state.pending = json.at("pending");
    state.recipe = json.at("recipe");
  } catch (const Json::exception& e) {
    corrupt(path, e.what());
  }
  if (const auto changes = changed_keys(state.recipe, recipe); !changes.empty()) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format(
            "[checkpoint] {} was made by another recipe, changed: {}; put them back, or train into "
            "another folder",
            path.string(),
            fmt::join(changes, ", ")));
  }

  Tensors live = live_tensors(module, optimizer);
  std::string problems;
  for (const auto& [name, tensor] : live) {
    const auto found = stored.find(name);
    if (found == stored.end()) {
      problems += fmt::format("\n  missing {}", name);
    } else if (found->second.sizes() != tensor.sizes() ||
               found->second.scalar_type() != tensor.scalar_type()) {
      problems += fmt::format("\n  {} has another shape or type", name);
    }
  }
  for (const auto& item : stored) {
    if (!live.contains(item.first)) problems += fmt::format("\n  unexpected {}", item.first);
  }
  if (!problems.empty()) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format("[checkpoint] {} belongs to another network:{}", path.string(), problems));
  }

  torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : live) tensor.detach().copy_(stored.at(name));
  optimizer.set_updates(updates);
  return state;
}

std::optional<TrainState> load_newest_checkpoint(const std::filesystem::path& folder,
                                                 const Json& recipe,
                                                 torch::nn::Module& module,
                                                 AdamW& optimizer) {
  const auto paths = list_checkpoints(folder);
  for (const auto& path : paths) {
    try {
      return load_checkpoint(path, recipe, module, optimizer);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kCorrupt) throw;
      log(LogLevel::kWarning, fmt::format("{}; trying the checkpoint before it", error.what()));
    }
  }
  if (paths.empty()) return std::nullopt;
  throw Error(ErrorKind::kCorrupt,
              fmt::format("[checkpoint] all {} checkpoints in {} are damaged; delete them to "
                          "train from the beginning",
                          paths.size(),
                          folder.string()));
}

}  // namespace lienzo::training
