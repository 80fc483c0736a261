#pragma once

#include <optional>
#include <string_view>

#include "lienzo/weights/tensor_index.h"

namespace lienzo::weights {

/// What a Python name in a pickle means to us. No name is ever imported or called.
enum class GlobalRole {
  kOrderedDict,       // a dictionary
  kRebuildTensor,     // a tensor: (storage, offset, shape, strides, ...)
  kRebuildParameter,  // a tensor in a list of one: (tensor, ...)
  kStorage,           // the type of a storage
  kOpaque,            // harmless things that training programs leave beside the weights
};

struct PickleGlobal {
  GlobalRole role = GlobalRole::kOpaque;
  DType dtype = DType::kF32;  // of a storage
};

/// The role of `module`.`name`; nothing for all that has no place in a weight file. Which names
/// rebuild tensors: pytorch/pytorch, torch/_weights_only_unpickler.py (_get_allowed_globals) and
/// torch/_utils.py.
std::optional<PickleGlobal> find_pickle_global(std::string_view module, std::string_view name);

}  // namespace lienzo::weights
