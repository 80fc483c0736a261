#include "lienzo/weights/torch_storages.h"

#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/weights/byte_reader.h"
#include "lienzo/weights/torch_contents.h"
#include "lienzo/weights/zip_index.h"

namespace lienzo::weights {

namespace {

constexpr std::string_view kPickleName = "/data.pkl";

[[noreturn]] void fail(std::string_view where, const std::string& what) {
  throw Error(ErrorKind::kCorrupt, "[" + std::string(where) + "] " + what);
}

[[noreturn]] void refuse(std::string_view where, const std::string& what) {
  throw Error(ErrorKind::kUnsupported, "[" + std::string(where) + "] " + what);
}

uint64_t element_bytes(DType dtype) { return static_cast<uint64_t>(bits(dtype)) / 8; }

/// What the pickle says of the storage behind one persistent id:
/// ('storage', type, key, device, elements), in the older form with a view of it, which is None.
std::pair<std::string_view, TorchStorage> read_id(const Pickle& pickle,
                                                  PicklePersistent persistent,
                                                  std::string_view where) {
  const PickleTuple* id = pickle.get<PickleTuple>(persistent.id);
  if (!id || id->items.empty()) fail(where, "a storage is named by no tuple");
  const auto* kind = pickle.get<std::string_view>(id->items[0]);
  if (kind && *kind == "module") {
    refuse(where,
           "holds a whole pickled module, program included; expected weights alone, as "
           "torch.save(model.state_dict(), ...) writes them");
  }
  if (!kind || *kind != "storage" || (id->items.size() != 5 && id->items.size() != 6))
    fail(where, "a storage is named by an unknown kind of tuple");
  const auto* type = pickle.get<PickleGlobal>(id->items[1]);
  const auto* key = pickle.get<std::string_view>(id->items[2]);
  const auto* elements = pickle.get<int64_t>(id->items[4]);
  if (!type || type->role != GlobalRole::kStorage || !key || !elements || *elements < 0)
    fail(where, "a storage has no type, key or length");
  if (id->items.size() == 6 && !pickle.get<std::monostate>(id->items[5]))
    refuse(where, "storage " + quote_name(*key) + " is a view of another, as PyTorch 0.3 wrote");
  return {*key, {type->dtype, static_cast<uint64_t>(*elements), 0}};
}

/// All storages that the pickle speaks of, not yet placed in the file.
TorchStorages storages_named(const Pickle& pickle, std::string_view where) {
  TorchStorages storages;
  for (const PickleValue& value : pickle.values) {
    const auto* persistent = std::get_if<PicklePersistent>(&value);
    if (!persistent) continue;
    const auto [key, storage] = read_id(pickle, *persistent, where);
    const auto [place, is_new] = storages.emplace(key, storage);
    if (!is_new &&
        (place->second.dtype != storage.dtype || place->second.elements != storage.elements)) {
      fail(where, "storage " + quote_name(key) + " has two types or lengths");
    }
  }
  return storages;
}

/// The folder that the archive's files share, found by its pickle.
std::string top_folder(const ZipIndex& zip, std::string_view where) {
  std::string folder;
  for (const auto& [name, entry] : zip) {
    if (!name.ends_with(kPickleName)) continue;
    const std::string candidate = name.substr(0, name.size() - kPickleName.size());
    if (candidate.find('/') != std::string::npos) continue;
    if (!folder.empty()) fail(where, "the archive has two files data.pkl");
    folder = candidate;
  }
  if (folder.empty()) {
    refuse(where,
           "a zip archive without data.pkl, so torch.save did not write it; expected a weight "
           "file (if this is a packed model, unpack it first)");
  }
  if (zip.contains(folder + "/constants.pkl")) {
    refuse(where,
           "a TorchScript program; expected weights alone, as torch.save(model.state_dict(), ...) "
           "writes them");
  }
  return folder;
}

}  // namespace

std::string_view storage_key(const Pickle& pickle, PickleRef ref, std::string_view where) {
  const auto* persistent = pickle.get<PicklePersistent>(ref);
  if (!persistent) fail(where, "a tensor lies in " + describe(pickle[ref]) + ", no storage");
  return read_id(pickle, *persistent, where).first;
}

TorchObject read_torch_zip(std::span<const std::byte> file, std::string_view where) {
  const ZipIndex zip = parse_zip_index(file, where);
  const std::string folder = top_folder(zip, where);
  const auto bytes_of = [&](const ZipEntry& entry) {
    return file.subspan(entry.offset, entry.bytes);
  };
  const auto order = zip.find(folder + "/byteorder");
  if (order != zip.end() && as_text(bytes_of(order->second)) != "little")
    refuse(where, "holds numbers in big-endian order; save it again on a usual machine");

  const auto pickle_bytes = bytes_of(zip.find(folder + std::string(kPickleName))->second);
  TorchObject object{parse_pickle(pickle_bytes, where), {}};
  if (object.pickle.bytes != pickle_bytes.size()) fail(where, "data.pkl goes on after its end");
  object.storages = storages_named(object.pickle, where);
  const std::string numbers = folder + "/data/";
  for (auto& [key, storage] : object.storages) {
    const auto entry = zip.find(numbers + key);
    if (entry == zip.end())
      fail(where, "the archive lacks the numbers of storage " + quote_name(key));
    const uint64_t size = element_bytes(storage.dtype);
    const uint64_t bytes = entry->second.bytes;
    if (bytes % size != 0 || bytes / size != storage.elements) {
      fail(where,
           "storage " + quote_name(key) + " has the wrong size, got " + std::to_string(bytes) +
               " bytes, expected " + std::to_string(storage.elements) + " elements of " +
               std::to_string(size));
    }
    storage.offset = entry->second.offset;
  }
  return object;
}

TorchObject read_torch_legacy(std::span<const std::byte> file, std::string_view where) {
  size_t position = kLegacyTorchMagic.size();
  const auto next_pickle = [&] {
    Pickle pickle = parse_pickle(file.subspan(position), where);
    position += pickle.bytes;
    return pickle;
  };
  if (!as_text(file).starts_with(kLegacyTorchMagic)) fail(where, "not a PyTorch file");

  const Pickle version = next_pickle();
  const auto* protocol = version.get<int64_t>(version.root);
  if (!protocol || *protocol != 1001) {
    refuse(where,
           "a PyTorch file of another version, got " + describe(version[version.root]) +
               ", expected the number 1001");
  }
  const Pickle system = next_pickle();
  const auto* facts = system.get<PickleDict>(system.root);
  if (!facts) fail(where, "no dictionary says how the numbers are written");
  for (const auto& [key, value] : facts->items) {
    const auto* name = system.get<std::string_view>(key);
    const auto* truth = system.get<bool>(value);
    if (name && *name == "little_endian" && !(truth && *truth))
      refuse(where, "holds numbers in big-endian order; save it again on a usual machine");
  }

  TorchObject object{next_pickle(), {}};
  TorchStorages named = storages_named(object.pickle, where);
  const Pickle keys = next_pickle();
  const auto* list = keys.get<PickleList>(keys.root);
  if (!list) fail(where, "no list says in which order the storages follow");
  for (const PickleRef ref : list->items) {
    const auto* key = keys.get<std::string_view>(ref);
    auto storage = key ? named.extract(std::string(*key)) : TorchStorages::node_type();
    if (storage.empty())
      fail(where, "a storage follows that no tensor uses: " + describe(keys[ref]));
    ByteReader reader(file, where, position);
    const auto elements = reader.read<uint64_t>();
    if (elements != storage.mapped().elements) {
      fail(where,
           "storage " + quote_name(*key) + " has the wrong size, got " + std::to_string(elements) +
               " elements, expected " + std::to_string(storage.mapped().elements));
    }
    const uint64_t size = element_bytes(storage.mapped().dtype);
    if (elements > reader.remaining() / size) {
      fail(where,
           "storage " + quote_name(*key) + " is cut off: the file has " +
               std::to_string(file.size()) + " bytes, of which " +
               std::to_string(reader.remaining()) + " are left for " + std::to_string(elements) +
               " elements of " + std::to_string(size) + "; the file may be an unfinished download");
    }
    storage.mapped().offset = reader.position();
    position = reader.position() + elements * size;
    object.storages.insert(std::move(storage));
  }
  if (!named.empty())
    fail(where, "the numbers of storage " + quote_name(named.begin()->first) + " are missing");
  if (position != file.size()) {
    fail(where,
         "bytes after the last storage, got " + std::to_string(file.size()) + " bytes, expected " +
             std::to_string(position));
  }
  return object;
}

}  // namespace lienzo::weights
