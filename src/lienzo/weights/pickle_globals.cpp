#include "lienzo/weights/pickle_globals.h"

#include <algorithm>
#include <array>

namespace lienzo::weights {

namespace {

struct StorageRow {
  std::string_view name;
  DType dtype;
};

// torch/storage.py, _dtype_to_storage_type_map
constexpr std::array kStorages = {
    StorageRow{"FloatStorage", DType::kF32},
    StorageRow{"HalfStorage", DType::kF16},
    StorageRow{"BFloat16Storage", DType::kBF16},
    StorageRow{"DoubleStorage", DType::kF64},
    StorageRow{"LongStorage", DType::kI64},
    StorageRow{"IntStorage", DType::kI32},
    StorageRow{"ShortStorage", DType::kI16},
    StorageRow{"CharStorage", DType::kI8},
    StorageRow{"ByteStorage", DType::kU8},
    StorageRow{"BoolStorage", DType::kBool},
    StorageRow{"ComplexFloatStorage", DType::kC64},
};

struct Name {
  std::string_view module;
  std::string_view name;
};

// Values that say something about tensors or settings, and the pieces of which Python builds them.
constexpr std::array kOpaqueNames = {
    Name{"torch", "Size"},
    Name{"torch", "device"},
    Name{"torch", "float64"},
    Name{"torch", "float32"},
    Name{"torch", "float16"},
    Name{"torch", "bfloat16"},
    Name{"torch", "int64"},
    Name{"torch", "int32"},
    Name{"torch", "uint8"},
    Name{"torch", "bool"},
    Name{"collections", "Counter"},
    Name{"collections", "defaultdict"},
    Name{"collections", "deque"},
    Name{"argparse", "Namespace"},
    Name{"datetime", "datetime"},
    Name{"datetime", "timedelta"},
    Name{"pathlib", "Path"},
    Name{"pathlib", "PosixPath"},
    Name{"pathlib", "WindowsPath"},
    Name{"pathlib", "PurePosixPath"},
    Name{"typing", "Any"},
    Name{"_codecs", "encode"},  // how Python 3 writes bytes in protocol 2
    Name{"copy_reg", "_reconstructor"},
    Name{"copyreg", "_reconstructor"},
    Name{"numpy", "dtype"},
    Name{"numpy", "ndarray"},
    Name{"numpy.core.multiarray", "scalar"},
    Name{"numpy.core.multiarray", "_reconstruct"},
    Name{"numpy._core.multiarray", "scalar"},
    Name{"numpy._core.multiarray", "_reconstruct"},
};

// Plain types, which Python 2 called __builtin__. Never functions.
constexpr std::array<std::string_view, 14> kPlainTypes = {"bool",
                                                          "bytearray",
                                                          "bytes",
                                                          "complex",
                                                          "dict",
                                                          "float",
                                                          "frozenset",
                                                          "int",
                                                          "list",
                                                          "object",
                                                          "set",
                                                          "slice",
                                                          "str",
                                                          "tuple"};

// Whole packages whose objects are found in published Stable Diffusion checkpoints: callbacks and
// configurations of the training.
constexpr std::array<std::string_view, 4> kOpaquePackages = {
    "pytorch_lightning", "lightning", "lightning_fabric", "omegaconf"};

bool is_opaque(std::string_view module, std::string_view name) {
  if (module == "builtins" || module == "__builtin__")
    return std::find(kPlainTypes.begin(), kPlainTypes.end(), name) != kPlainTypes.end();
  if (std::any_of(kOpaqueNames.begin(), kOpaqueNames.end(), [&](const Name& known) {
        return known.module == module && known.name == name;
      })) {
    return true;
  }
  const std::string_view package = module.substr(0, module.find('.'));
  return std::find(kOpaquePackages.begin(), kOpaquePackages.end(), package) !=
         kOpaquePackages.end();
}

}  // namespace

std::optional<PickleGlobal> find_pickle_global(std::string_view module, std::string_view name) {
  if (module == "collections" && name == "OrderedDict")
    return PickleGlobal{GlobalRole::kOrderedDict};
  if (module == "torch._utils") {
    if (name == "_rebuild_tensor_v2" || name == "_rebuild_tensor")
      return PickleGlobal{GlobalRole::kRebuildTensor};
    if (name == "_rebuild_parameter") return PickleGlobal{GlobalRole::kRebuildParameter};
    return std::nullopt;
  }
  if (module == "torch" || module == "torch.storage") {
    for (const StorageRow& storage : kStorages) {
      if (storage.name == name) return PickleGlobal{GlobalRole::kStorage, storage.dtype};
    }
  }
  if (is_opaque(module, name)) return PickleGlobal{GlobalRole::kOpaque};
  return std::nullopt;
}

}  // namespace lienzo::weights
