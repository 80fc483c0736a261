#include "lienzo/weights/torch_contents.h"

#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/weights/byte_reader.h"
#include "lienzo/weights/torch_storages.h"

namespace lienzo::weights {

namespace {

/// Dictionaries that hold the model's weights beside other things, the preferred one first:
/// training programs of Stable Diffusion; BasicSR (averaged before plain); StyleGAN2.
constexpr std::array<std::string_view, 4> kWrappers = {
    "state_dict", "params_ema", "params", "g_ema"};

// Limits beyond the format's own. Values may be shared, so that a small pickle can stand for a tree
// without end.
constexpr int kDeepest = 16;
constexpr size_t kMostSteps = size_t{1} << 22;
constexpr size_t kLongestKey = 512;
constexpr size_t kLongestMetadata = size_t{1} << 20;  // all of it

class TorchReader {
 public:
  TorchReader(const TorchObject& object, std::string_view where)
      : pickle_(object.pickle), storages_(object.storages), where_(where) {}

  TorchContents read() {
    const auto* root = pickle_.get<PickleDict>(pickle_.root);
    if (!root) {
      throw Error(ErrorKind::kUnsupported,
                  "[" + std::string(where_) + "] holds " + describe(pickle_[pickle_.root]) +
                      ", expected a dictionary of tensors");
    }
    const std::optional<PickleRef> wrapper = find_wrapper(*root);
    if (wrapper) walk(*wrapper, "", 1);
    for (const auto& [key, value] : root->items) {
      const std::optional<std::string> name = key_text(key);
      if (!name) continue;
      if (!wrapper || pickle_.get<PickleCall>(value)) walk(value, *name, 1);
      add_metadata(*name, value);
    }
    return {TensorIndex(std::move(tensors_), std::move(metadata_), where_), std::move(strides_)};
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kCorrupt, "[" + std::string(where_) + "] " + what);
  }

  std::optional<PickleRef> find_wrapper(const PickleDict& root) const {
    for (const std::string_view wrapper : kWrappers) {
      for (const auto& [key, value] : root.items) {
        const auto* name = pickle_.get<std::string_view>(key);
        if (name && *name == wrapper && pickle_.get<PickleDict>(value)) return value;
      }
    }
    return std::nullopt;
  }

  /// A key as part of a name; nothing when it is neither text nor number.
  std::optional<std::string> key_text(PickleRef key) const {
    if (const auto* text = pickle_.get<std::string_view>(key)) {
      if (text->size() > kLongestKey)
        fail("a name has " + std::to_string(text->size()) + " bytes, expected at most " +
             std::to_string(kLongestKey));
      return std::string(*text);
    }
    if (const auto* number = pickle_.get<int64_t>(key)) return std::to_string(*number);
    return std::nullopt;
  }

  /// Adds the tensors that can be reached from `ref`.
  void walk(PickleRef ref, const std::string& name, int depth) {
    if (++steps_ > kMostSteps) fail("its dictionaries refer to one another without end");
    if (const auto* tensor = pickle_.get<PickleCall>(ref)) return add_tensor(*tensor, name);
    if (const auto* dict = pickle_.get<PickleDict>(ref)) {
      for (const auto& [key, value] : dict->items) {
        if (const auto part = key_text(key)) walk_into(value, name, *part, depth);
      }
    } else if (const auto* list = pickle_.get<PickleList>(ref)) {
      walk_items(list->items, name, depth);
    } else if (const auto* tuple = pickle_.get<PickleTuple>(ref)) {
      walk_items(tuple->items, name, depth);
    }
  }

  void walk_items(const std::vector<PickleRef>& items, const std::string& name, int depth) {
    for (size_t i = 0; i < items.size(); ++i) walk_into(items[i], name, std::to_string(i), depth);
  }

  void walk_into(PickleRef ref, const std::string& name, const std::string& part, int depth) {
    if (depth >= kDeepest) {
      fail(quote_name(name) + " is nested deeper than " + std::to_string(kDeepest) + " levels");
    }
    std::string joined = name.empty() ? part : name + "." + part;
    if (joined.size() > kLongestKey) {
      fail("the name " + quote_name(joined) + " has " + std::to_string(joined.size()) +
           " bytes, expected at most " + std::to_string(kLongestKey));
    }
    walk(ref, joined, depth + 1);
  }

  void add_metadata(const std::string& name, PickleRef ref) {
    std::string text;
    if (const auto* words = pickle_.get<std::string_view>(ref)) {
      text = *words;
    } else if (const auto* truth = pickle_.get<bool>(ref)) {
      text = *truth ? "true" : "false";
    } else if (const auto* whole = pickle_.get<int64_t>(ref)) {
      text = std::to_string(*whole);
    } else if (const auto* number = pickle_.get<double>(ref)) {
      std::array<char, 32> digits;
      text.assign(digits.data(), std::to_chars(digits.begin(), digits.end(), *number).ptr);
    } else {
      return;
    }
    metadata_bytes_ += name.size() + text.size();
    if (metadata_bytes_ > kLongestMetadata)
      fail("more than " + std::to_string(kLongestMetadata) + " bytes of texts beside the weights");
    metadata_.emplace(name, std::move(text));
  }

  void add_tensor(const PickleCall& call, const std::string& name) {
    if (tensors_.size() >= kMaxTensors)
      fail("more than " + std::to_string(kMaxTensors) + " tensors");
    rebuild(call, name);
  }

  /// Adds the tensor that a call would build: (storage, offset, shape, strides, ...), or (tensor,
  /// ...) for a parameter.
  void rebuild(const PickleCall& call, const std::string& name) {
    const std::string subject = "tensor " + quote_name(name);
    const auto& arguments = pickle_.get<PickleTuple>(call.arguments)->items;
    if (call.function == GlobalRole::kRebuildParameter) {
      const auto* inner = arguments.empty() ? nullptr : pickle_.get<PickleCall>(arguments[0]);
      if (!inner || inner->function != GlobalRole::kRebuildTensor)
        fail(subject + " is a parameter without a tensor");
      return rebuild(*inner, name);
    }
    if (arguments.size() < 4 || arguments.size() > 7)
      fail(subject + " is built from " + std::to_string(arguments.size()) + " values");
    if (arguments.size() == 7) refuse_marks(arguments[6], subject);

    const auto* offset = pickle_.get<int64_t>(arguments[1]);
    if (!offset || *offset < 0) fail(subject + " has no place in its storage");
    TensorInfo info;
    info.name = name;
    info.shape = read_lengths(arguments[2], subject);
    std::vector<int64_t> strides = read_lengths(arguments[3], subject);
    if (strides.size() != info.shape.size())
      fail(subject + " has as many strides as " + std::to_string(strides.size()) +
           ", expected one for each of its " + std::to_string(info.shape.size()) + " dimensions");
    const auto storage = storages_.find(storage_key(pickle_, arguments[0], where_));
    place(info, strides, storage->second, static_cast<uint64_t>(*offset), subject);
    tensors_.push_back(std::move(info));
    strides_.push_back(std::move(strides));
  }

  /// Newer files may mark a tensor as conjugated or negated, its numbers to be changed on reading.
  void refuse_marks(PickleRef ref, const std::string& subject) const {
    const auto* marks = pickle_.get<PickleDict>(ref);
    if (pickle_.get<std::monostate>(ref) || (marks && marks->items.empty())) return;
    throw Error(ErrorKind::kUnsupported,
                "[" + std::string(where_) + "] " + subject + " is a marked view of other numbers");
  }

  std::vector<int64_t> read_lengths(PickleRef ref, const std::string& subject) const {
    const auto* tuple = pickle_.get<PickleTuple>(ref);
    if (!tuple) fail(subject + " has no shape or no strides");
    if (tuple->items.size() > kMaxRank) {
      fail(subject + " has " + std::to_string(tuple->items.size()) +
           " dimensions, expected at most " + std::to_string(kMaxRank));
    }
    std::vector<int64_t> lengths;
    for (const PickleRef item : tuple->items) {
      const auto* length = pickle_.get<int64_t>(item);
      if (!length || *length < 0)
        fail(subject + " has " + describe(pickle_[item]) + " as a length or stride");
      lengths.push_back(*length);
    }
    return lengths;
  }

  /// Completes `info`, and `strides` where nothing depends on them.
  void place(TensorInfo& info,
             std::vector<int64_t>& strides,
             const TorchStorage& storage,
             uint64_t offset,
             const std::string& subject) const {
    info.dtype = storage.dtype;
    const std::optional<uint64_t> bytes = byte_size(info.shape, info.dtype);
    if (!bytes) fail(subject + " has a shape whose size cannot be");
    info.bytes = *bytes;
    info.offset = storage.offset;
    if (info.bytes == 0) return;

    uint64_t last = offset;
    for (size_t i = 0; i < info.shape.size(); ++i) {
      uint64_t reach = 0;
      if (info.shape[i] == 1) strides[i] = 1;
      if (__builtin_mul_overflow(info.shape[i] - 1, strides[i], &reach) ||
          __builtin_add_overflow(last, reach, &last)) {
        fail(subject + " has strides that reach too far");
      }
    }
    if (last >= storage.elements) {
      fail(subject + " reaches beyond its storage, got element " + std::to_string(last) + " of " +
           std::to_string(storage.elements));
    }
    if (static_cast<uint64_t>(info.element_count()) > storage.elements) {
      throw Error(ErrorKind::kUnsupported,
                  "[" + std::string(where_) + "] " + subject + " repeats its numbers, got " +
                      std::to_string(info.element_count()) + " elements from " +
                      std::to_string(storage.elements) + "; save it again from contiguous tensors");
    }
    info.offset += offset * (static_cast<uint64_t>(bits(info.dtype)) / 8);
  }

  const Pickle& pickle_;
  const TorchStorages& storages_;
  std::string_view where_;
  std::vector<TensorInfo> tensors_;
  std::vector<std::vector<int64_t>> strides_;
  std::map<std::string, std::string> metadata_;
  size_t steps_ = 0;
  size_t metadata_bytes_ = 0;
};

}  // namespace

TorchContents parse_torch_file(std::span<const std::byte> file, std::string_view where) {
  const TorchObject object = as_text(file).starts_with(kZipMagic) ? read_torch_zip(file, where)
                                                                  : read_torch_legacy(file, where);
  return TorchReader(object, where).read();
}

}  // namespace lienzo::weights
