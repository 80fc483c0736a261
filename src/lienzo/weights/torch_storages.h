#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "lienzo/weights/pickle.h"

namespace lienzo::weights {

/// A run of numbers that tensors are cut out of.
struct TorchStorage {
  DType dtype = DType::kF32;
  uint64_t elements = 0;
  uint64_t offset = 0;  // of its first byte in the file
};

/// Storages by the key that the pickle gives them.
using TorchStorages = std::map<std::string, TorchStorage, std::less<>>;

/// The pickle of a file that torch.save wrote, and where the numbers lie that it speaks of.
struct TorchObject {
  Pickle pickle;
  TorchStorages storages;
};

/// The key by which `ref` names a storage. Throws kCorrupt, naming `where`, when it does not.
std::string_view storage_key(const Pickle& pickle, PickleRef ref, std::string_view where);

/// Reads either form; see parse_torch_file. Every storage lies within the file.
TorchObject read_torch_zip(std::span<const std::byte> file, std::string_view where);
TorchObject read_torch_legacy(std::span<const std::byte> file, std::string_view where);

}  // namespace lienzo::weights
