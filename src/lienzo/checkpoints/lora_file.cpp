#include "lienzo/checkpoints/lora_file.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "lienzo/base/error.h"
#include "lienzo/checkpoints/lora_facts.h"
#include "lienzo/checkpoints/lora_names.h"
#include "lienzo/checkpoints/peft_scale.h"
#include "lienzo/checkpoints/recognise.h"
#include "lienzo/tensor/shape.h"
#include "lienzo/weights/open_tensor_file.h"
#include "lienzo/weights/problem_list.h"

namespace lienzo::checkpoints {
namespace {

namespace fs = std::filesystem;
using weights::TensorIndex;
using weights::TensorInfo;

[[noreturn]] void refuse(ErrorKind kind, const fs::path& path, const std::string& what) {
  throw Error(kind, fmt::format("[lora] {} {}", path.filename().string(), what));
}

void refuse_other_kinds(const fs::path& path, const TensorIndex& index) {
  std::map<std::string_view, size_t> others;
  for (const TensorInfo& tensor : index.tensors()) {
    const std::string_view kind = other_adapter(tensor.name);
    if (!kind.empty()) ++others[kind];
  }
  if (others.empty()) return;
  const auto most =
      std::max_element(others.begin(), others.end(), [](const auto& a, const auto& b) {
        return a.second < b.second;
      });
  refuse(ErrorKind::kUnsupported,
         path,
         fmt::format("holds {} ({} tensors), which is not supported; LoRA and LoCon are: convert "
                     "it, or take another file",
                     most->first,
                     most->second));
}

void refuse_other_files(const fs::path& path, const TensorIndex& index) {
  const Family family = recognise(index).family;
  if (family == Family::kLora) return;
  refuse(ErrorKind::kInvalidInput,
         path,
         family == Family::kUnknown
             ? "is no LoRA: none of its tensors is called as those of a LoRA are"
         : draws(family)
             ? fmt::format("is no LoRA but a whole model ({}); give it as --model", name(family))
             : fmt::format("is no LoRA: it {}", refusal(family)));
}

struct Found {
  std::string down, up, mid, alpha;
};

// (rank, ...) of down and (..., rank) of up and mid must be one number.
std::string rank_problem(const TensorIndex& index, const std::string& scope, const Found& found) {
  const auto& down = index.find(found.down)->shape;
  const auto& up = index.find(found.up)->shape;
  bool fits = down.size() >= 2 && up.size() >= 2 && down[0] > 0 && up[1] == down[0];
  std::string shapes =
      fmt::format("down {}, up {}", tensor::shape_text(down), tensor::shape_text(up));
  if (!found.mid.empty()) {
    const auto& mid = index.find(found.mid)->shape;
    fits = fits && mid.size() == 4 && mid[0] == up[1] && mid[1] == down[0];
    shapes += fmt::format(", mid {}", tensor::shape_text(mid));
  }
  return fits ? "" : fmt::format("{} ({})", weights::quote_name(scope), shapes);
}

std::optional<double> read_alpha(const weights::TensorFile& file, const std::string& name) {
  if (file.index().find(name)->element_count() != 1) return std::nullopt;
  const double alpha = file.read(name).to(torch::kDouble).item<double>();
  return std::isfinite(alpha) ? std::optional(alpha) : std::nullopt;
}

}  // namespace

LoraFile open_lora(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    refuse(ErrorKind::kInvalidInput, path, "is a folder; name the file in it that is the LoRA");
  LoraFile lora;
  lora.path = path;
  lora.tensors = weights::open_tensor_file(path);
  const TensorIndex& index = lora.tensors->index();
  refuse_other_kinds(path, index);
  refuse_other_files(path, index);
  lora.family = lora_family(index);

  std::map<std::string, Found> found;
  std::vector<std::string> unknown, twice, incomplete, ranks, alphas;
  for (const TensorInfo& tensor : index.tensors()) {
    const auto name = parse_lora_name(tensor.name);
    if (!name) {
      unknown.push_back(weights::quote_name(tensor.name));
      continue;
    }
    Found& layer = found[name->scope];
    std::string& place = name->role == LoraRole::kDown  ? layer.down
                         : name->role == LoraRole::kUp  ? layer.up
                         : name->role == LoraRole::kMid ? layer.mid
                                                        : layer.alpha;
    if (!place.empty()) twice.push_back(weights::quote_name(tensor.name));
    place = tensor.name;
  }
  const PeftScale peft = PeftScale::of(*lora.tensors);
  for (const auto& [scope, layer] : found) {
    if (layer.down.empty() || layer.up.empty()) {
      incomplete.push_back(fmt::format("{} (no {})",
                                       weights::quote_name(scope),
                                       layer.down.empty() && layer.up.empty() ? "up and down"
                                       : layer.down.empty()                   ? "down"
                                                                              : "up"));
      continue;
    }
    if (std::string problem = rank_problem(index, scope, layer); !problem.empty()) {
      ranks.push_back(std::move(problem));
      continue;
    }
    const int64_t rank = index.find(layer.down)->shape[0];
    double scale = peft.scale(scope, rank).value_or(1);
    if (!layer.alpha.empty()) {
      const auto alpha = read_alpha(*lora.tensors, layer.alpha);
      if (!alpha) alphas.push_back(weights::quote_name(layer.alpha));
      scale = alpha.value_or(0) / static_cast<double>(rank);
    }
    lora.layers.push_back(
        {.scope = scope, .down = layer.down, .up = layer.up, .mid = layer.mid, .scale = scale});
  }
  std::string problems;
  weights::add_problems(problems, "unknown", unknown);
  weights::add_problems(problems, "there twice under two names", twice);
  weights::add_problems(problems, "incomplete", incomplete);
  weights::add_problems(problems, "of ranks that differ", ranks);
  weights::add_problems(problems, "alpha that is not one number", alphas);
  if (!problems.empty())
    refuse(ErrorKind::kCorrupt, path, "is a damaged LoRA or none: " + problems);
  return lora;
}

}  // namespace lienzo::checkpoints
