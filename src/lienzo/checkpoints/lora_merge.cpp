#include "lienzo/checkpoints/lora_merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/checkpoints/layouts/unet.h"
#include "lienzo/checkpoints/lora_file.h"
#include "lienzo/tensor/shape.h"
#include "lienzo/weights/problem_list.h"

namespace lienzo::checkpoints {
namespace {

using weights::TensorFile;
using weights::TensorIndex;
using weights::TensorInfo;

/// What one LoRA adds to one tensor of the model.
struct Addition {
  std::shared_ptr<const TensorFile> file;
  LoraLayer layer;
  double factor = 1;
};
/// By the names of tensors of one network; those of a tensor in the order of the LoRAs.
using Additions = std::map<std::string, std::vector<Addition>>;

torch::Tensor read_matrix(const Addition& one, const std::string& name) {
  torch::Tensor numbers = one.file->read(name).to(torch::kFloat);
  if (!numbers.isfinite().all().item<bool>()) {
    throw Error(ErrorKind::kCorrupt,
                fmt::format("[lora] {}: {} has numbers that are infinite or none; the file is "
                            "damaged or its training failed",
                            one.file->where(),
                            weights::quote_name(name)));
  }
  return numbers;
}

// Adds the change to `sum`, a contiguous tensor of fp32; without a core in one pass over it.
void add(const Addition& one, torch::Tensor& sum) {
  const LoraLayer& layer = one.layer;
  const torch::Tensor down = read_matrix(one, layer.down).flatten(1);  // (r, in h w)
  const torch::Tensor up = read_matrix(one, layer.up).flatten(1);      // (out, r)
  if (layer.mid.empty()) {
    sum.view({up.size(0), down.size(1)}).addmm_(up, down, /*beta=*/1, /*alpha=*/one.factor);
    return;
  }
  const torch::Tensor mid = read_matrix(one, layer.mid);  // (r, r, h, w)
  const int64_t h = mid.size(2), w = mid.size(3);
  // out_n in_m of the core become the layer's: first its rows, then its columns.
  const torch::Tensor rows = up.mm(mid.flatten(1)).view({up.size(0), mid.size(1), h * w});
  const torch::Tensor product = torch::matmul(rows.transpose(1, 2), down);  // (out, h w, in)
  sum.add_(product.transpose(1, 2).reshape(sum.sizes()), one.factor);
}

/// A network's tensors with the changes in them.
class ChangedFile final : public TensorFile {
 public:
  ChangedFile(std::shared_ptr<const TensorFile> file, Additions changes, torch::ScalarType dtype)
      : file_(std::move(file)), changes_(std::move(changes)), dtype_(dtype) {
    std::vector<TensorInfo> infos = file_->index().tensors();
    for (TensorInfo& info : infos) {
      if (!changes_.contains(info.name)) continue;
      info.dtype = weights::file_dtype(dtype);
      info.bytes = static_cast<uint64_t>(info.element_count()) * c10::elementSize(dtype);
    }
    index_ = TensorIndex(std::move(infos), file_->index().metadata(), file_->where());
  }
  const TensorIndex& index() const override { return index_; }
  std::string where() const override { return file_->where(); }
  /// Those of the network, without the changes'.
  std::vector<std::filesystem::path> files() const override { return file_->files(); }

 protected:
  torch::Tensor read_numbers(const TensorInfo& info) const override {
    torch::Tensor own = file_->read(info.name);
    const auto found = changes_.find(info.name);
    if (found == changes_.end()) return own;
    torch::Tensor sum = own.to(
        torch::kFloat, /*non_blocking=*/false, /*copy=*/true, torch::MemoryFormat::Contiguous);
    for (const Addition& one : found->second) add(one, sum);
    return sum.to(dtype_);
  }

 private:
  std::shared_ptr<const TensorFile> file_;
  Additions changes_;
  torch::ScalarType dtype_;
  TensorIndex index_;
};

struct Target {
  Part part = Part::kUNet;
  const TensorInfo* weight = nullptr;
};
/// The layers of a model by every name that LoRAs have for them.
using Targets = std::map<std::string, Target, std::less<>>;

std::string with_underscores(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

constexpr std::string_view kWeight = ".weight";

void add_targets(Targets& targets,
                 Part part,
                 const TensorIndex& index,
                 const std::vector<std::string>& kohya_prefixes) {
  for (const TensorInfo& tensor : index.tensors()) {
    if (!tensor.name.ends_with(kWeight) || (tensor.shape.size() != 2 && tensor.shape.size() != 4))
      continue;
    const std::string layer = tensor.name.substr(0, tensor.name.size() - kWeight.size());
    const Target target{part, &tensor};
    for (const std::string& prefix : kohya_prefixes)
      targets.emplace(prefix + with_underscores(layer), target);
    targets.emplace(fmt::format("{}.{}", name(part), layer), target);
    // A file of one network alone may leave out which.
    if (part == Part::kUNet) targets.emplace(layer, target);
    constexpr std::string_view kTextModel = "text_model.";  // left out by transformers 5
    if (layer.starts_with(kTextModel))
      targets.emplace(fmt::format("{}.{}", name(part), layer.substr(kTextModel.size())), target);
  }
}

// kohya's trainer for XL uses the names of SGM.
void add_original_names(Targets& targets, const Network<models::UNet2DConditionConfig>& unet) {
  const TensorIndex& ours = unet.tensors->index();
  const auto foreign = unet_layout(unet.config).foreign_file(unet.tensors, "");
  // A U-Net's tensors correspond one to one, in this order.
  for (size_t i = 0; i < ours.size(); ++i) {
    const std::string& name = foreign->index().tensors()[i].name;
    const TensorInfo& tensor = ours.tensors()[i];
    if (!name.ends_with(kWeight) || tensor.shape.size() < 2) continue;
    targets.emplace("lora_unet_" + with_underscores(name.substr(0, name.size() - kWeight.size())),
                    Target{Part::kUNet, &tensor});
  }
}

Targets targets_of(const Checkpoint& model) {
  Targets targets;
  if (model.unet) {
    add_targets(targets, Part::kUNet, model.unet->tensors->index(), {"lora_unet_"});
    add_original_names(targets, *model.unet);
  }
  if (model.text_encoder) {
    add_targets(targets,
                Part::kTextEncoder,
                model.text_encoder->tensors->index(),
                {is_xl(model.family) ? "lora_te1_" : "lora_te_"});
  }
  if (model.text_encoder_2) {
    add_targets(
        targets, Part::kTextEncoder2, model.text_encoder_2->tensors->index(), {"lora_te2_"});
  }
  return targets;
}

// (rows, columns), behind which there may be dimensions of 1.
bool is_matrix(const std::vector<int64_t>& shape, int64_t rows, int64_t columns) {
  return shape.size() >= 2 && shape[0] == rows && shape[1] == columns &&
         std::all_of(shape.begin() + 2, shape.end(), [](int64_t length) { return length == 1; });
}

bool fits(const TensorIndex& lora, const LoraLayer& layer, const std::vector<int64_t>& weight) {
  const auto& down = lora.find(layer.down)->shape;
  const int64_t rank = down[0];
  if (!is_matrix(lora.find(layer.up)->shape,
                 weight[0],
                 layer.mid.empty() ? rank : lora.find(layer.mid)->shape[0]))
    return false;
  const std::vector<int64_t> kernel(weight.begin() + 2, weight.end());
  if (!layer.mid.empty()) {
    const auto& mid = lora.find(layer.mid)->shape;
    return is_matrix(down, rank, weight[1]) &&
           std::equal(kernel.begin(), kernel.end(), mid.begin() + 2, mid.end());
  }
  if (std::all_of(kernel.begin(), kernel.end(), [](int64_t length) { return length == 1; }))
    return is_matrix(down, rank, weight[1]);
  return down.size() == 4 && down[1] == weight[1] &&
         std::equal(kernel.begin(), kernel.end(), down.begin() + 2, down.end());
}

// SD 1 and its kin for inpainting have the same layers, but for their first.
Family without_inpainting(Family family) {
  switch (family) {
    case Family::kSd1Inpaint: return Family::kSd1;
    case Family::kSd2Inpaint: return Family::kSd2;
    case Family::kSdXlInpaint: return Family::kSdXl;
    default: return family;
  }
}

[[noreturn]] void refuse_family(const LoraFile& lora, const Checkpoint& model) {
  const std::string_view other = lora.family == Family::kTransformer
                                     ? "a diffusion transformer (FLUX, Stable Diffusion 3 or kin)"
                                     : name(lora.family);
  throw Error(ErrorKind::kInvalidInput,
              fmt::format("[lora] {} is for {}, and {} is {}; take a LoRA that was made for this "
                          "family of models",
                          lora.path.filename().string(),
                          other,
                          model.path.filename().string(),
                          name(model.family)));
}

std::map<Part, Additions> changes_by(const LoraFile& lora,
                                     const LoraUse& use,
                                     const Targets& targets,
                                     const Checkpoint& model) {
  std::map<Part, Additions> changes;
  std::vector<std::string> unknown, mis_shaped;
  const TensorIndex& index = lora.tensors->index();
  for (const LoraLayer& layer : lora.layers) {
    const auto found = targets.find(layer.scope);
    if (found == targets.end()) {
      unknown.push_back(weights::quote_name(layer.scope));
      continue;
    }
    const auto& [part, weight] = found->second;
    if (!fits(index, layer, weight->shape)) {
      mis_shaped.push_back(fmt::format("{} (down {}, up {}, the layer {})",
                                       weights::quote_name(layer.scope),
                                       tensor::shape_text(index.find(layer.down)->shape),
                                       tensor::shape_text(index.find(layer.up)->shape),
                                       tensor::shape_text(weight->shape)));
      continue;
    }
    const double share = part == Part::kUNet ? use.unet_weight : use.text_weight;
    if (share == 0) continue;
    changes[part][weight->name].push_back({lora.tensors, layer, share * layer.scale});
  }
  if (unknown.empty() && mis_shaped.empty()) return changes;
  if (lora.family != Family::kUnknown && lora.family != without_inpainting(model.family))
    refuse_family(lora, model);
  std::string problems;
  weights::add_problems(problems, "layers that the model has not", unknown);
  weights::add_problems(problems, "layers of another shape", mis_shaped);
  throw Error(ErrorKind::kInvalidInput,
              fmt::format("[lora] {} does not fit {} ({}): {}; check that it was made for this "
                          "kind of model",
                          lora.path.filename().string(),
                          model.path.filename().string(),
                          name(model.family),
                          problems));
}

template <class Config>
void show_changed(std::optional<Network<Config>>& network,
                  std::map<Part, Additions>& changes,
                  Part part,
                  torch::ScalarType dtype) {
  const auto found = changes.find(part);
  if (found == changes.end()) return;
  network->tensors =
      std::make_shared<ChangedFile>(network->tensors, std::move(found->second), dtype);
}

}  // namespace

void merge_loras(Checkpoint& model, const std::vector<LoraUse>& loras, torch::ScalarType dtype) {
  if (loras.empty()) return;
  const Targets targets = targets_of(model);
  std::map<Part, Additions> all;
  for (const LoraUse& use : loras) {
    for (auto& [part, changes] : changes_by(open_lora(use.path), use, targets, model)) {
      for (auto& [tensor, list] : changes) {
        auto& place = all[part][tensor];
        std::move(list.begin(), list.end(), std::back_inserter(place));
      }
    }
  }
  show_changed(model.unet, all, Part::kUNet, dtype);
  show_changed(model.text_encoder, all, Part::kTextEncoder, dtype);
  show_changed(model.text_encoder_2, all, Part::kTextEncoder2, dtype);
}

}  // namespace lienzo::checkpoints
