#include "lienzo/weights/load.h"

#include <set>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/tensor/dtype.h"
#include "lienzo/tensor/shape.h"
#include "lienzo/weights/problem_list.h"

namespace lienzo::weights {

namespace {

/// Whether `text` fits `pattern`, where '*' stands for any text.
bool fits(std::string_view pattern, std::string_view text) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (size_t skip = star; skip <= text.size(); ++skip) {
    if (fits(rest, text.substr(skip))) return true;
  }
  return false;
}

bool fits_any(const std::vector<std::string>& patterns, std::string_view text) {
  for (const std::string& pattern : patterns) {
    if (fits(pattern, text)) return true;
  }
  return false;
}

std::vector<NamedTensor> parameters_and_buffers(const torch::nn::Module& module) {
  std::vector<NamedTensor> all;
  for (const auto& item : module.named_parameters()) all.emplace_back(item.key(), item.value());
  for (const auto& item : module.named_buffers()) all.emplace_back(item.key(), item.value());
  return all;
}

void fill(torch::Tensor& target, const torch::Tensor& numbers, const LoadOptions& options) {
  torch::ScalarType type = target.scalar_type();
  if (target.is_floating_point()) {
    if (options.float_dtype) type = *options.float_dtype;
    if (options.file_dtype && numbers.is_floating_point()) type = numbers.scalar_type();
  }
  const bool fits = numbers.scalar_type() == type && target.device().is_cpu();
  if (options.share_memory && fits && numbers.is_contiguous()) {
    target.set_data(numbers);
  } else if (target.scalar_type() != type) {
    target.set_data(numbers.to(target.device(),
                               type,
                               /*non_blocking=*/false,
                               /*copy=*/true,
                               torch::MemoryFormat::Contiguous));
  } else {
    target.copy_(numbers);
  }
}

/// Which tensor of the file goes where. Throws when they do not fit.
std::vector<std::pair<torch::Tensor, const TensorInfo*>> plan_load(const torch::nn::Module& module,
                                                                   const TensorFile& file,
                                                                   const LoadOptions& options) {
  std::vector<std::string> missing, unexpected, mis_shaped, mis_typed;
  std::vector<std::pair<torch::Tensor, const TensorInfo*>> plan;
  std::set<std::string> wanted;

  for (auto& [name, target] : parameters_and_buffers(module)) {
    wanted.insert(name);
    const TensorInfo* info = file.index().find(options.prefix + name);
    if (!info) {
      if (!fits_any(options.may_be_missing, name)) missing.push_back(quote_name(name));
    } else if (target.sizes() != c10::IntArrayRef(info->shape)) {
      mis_shaped.push_back(quote_name(name) + " got " + tensor::shape_text(info->shape) +
                           ", expected " + tensor::shape_text(target.sizes()));
    } else if (c10::isFloatingType(scalar_type(info->dtype)) && !target.is_floating_point()) {
      mis_typed.push_back(quote_name(name) + " got " + std::string(weights::name(info->dtype)) +
                          ", expected " + tensor::dtype_name(target.scalar_type()));
    } else {
      plan.emplace_back(target, info);
    }
  }
  for (const TensorInfo& info : file.index().tensors()) {
    if (!info.name.starts_with(options.prefix)) continue;
    const std::string name = info.name.substr(options.prefix.size());
    if (!wanted.contains(name) && !fits_any(options.may_be_unexpected, name))
      unexpected.push_back(quote_name(name));
  }

  std::string problems;
  add_problems(problems, "missing", missing);
  add_problems(problems, "unexpected", unexpected);
  add_problems(problems, "mis-shaped", mis_shaped);
  add_problems(problems, "of another type", mis_typed);
  if (!problems.empty()) {
    const std::string part =
        options.prefix.empty() ? "" : " (names under " + quote_name(options.prefix) + ")";
    throw Error(ErrorKind::kCorrupt,
                "[" + file.where() + "] does not fit the model" + part + ": " + problems +
                    "; check that the file belongs to this model");
  }
  return plan;
}

}  // namespace

void check_fit(const torch::nn::Module& module,
               const TensorFile& file,
               const LoadOptions& options) {
  plan_load(module, file, options);
}

void load_strict(torch::nn::Module& module, const TensorFile& file, const LoadOptions& options) {
  torch::NoGradGuard no_grad;
  for (auto& [target, info] : plan_load(module, file, options))
    fill(target, file.read(info->name), options);
}

}  // namespace lienzo::weights
