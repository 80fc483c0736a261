#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lienzo/weights/pickle_globals.h"

namespace lienzo::weights {

/// A value of a Pickle by its number. Values refer to one another freely, also in circles.
using PickleRef = uint32_t;

struct PickleTuple {
  std::vector<PickleRef> items;
};
struct PickleList {
  std::vector<PickleRef> items;
};
struct PickleDict {
  std::vector<std::pair<PickleRef, PickleRef>> items;  // key and value, as written
};
/// What a persistent id stands for: torch.save keeps the numbers of tensors apart.
struct PicklePersistent {
  PickleRef id = 0;
};
/// A call that the pickle asks for and that nobody makes: a rebuilding function and its arguments.
struct PickleCall {
  GlobalRole function = GlobalRole::kOpaque;
  PickleRef arguments = 0;  // a tuple
};
/// Something made of an opaque name.
struct PickleOpaque {};

/// None, a truth value, a number, a text (of the pickle's own bytes, UTF-8)...
using PickleValue = std::variant<std::monostate,
                                 bool,
                                 int64_t,
                                 double,
                                 std::string_view,
                                 PickleTuple,
                                 PickleList,
                                 PickleDict,
                                 PickleGlobal,
                                 PicklePersistent,
                                 PickleCall,
                                 PickleOpaque>;

/// A pickle read, never executed.
struct Pickle {
  std::vector<PickleValue> values;
  PickleRef root = 0;
  size_t bytes = 0;  // how long the pickle was; its texts point into them

  const PickleValue& operator[](PickleRef ref) const { return values[ref]; }
  /// The value as a T, or null when it is something else.
  template <class T>
  const T* get(PickleRef ref) const {
    return std::get_if<T>(&values[ref]);
  }
};

/// Limits beyond the format's own, far above any real model.
inline constexpr size_t kMaxPickleBytes = size_t{64} << 20;
inline constexpr size_t kMaxPickleValues = size_t{1} << 21;

/// "a list", "the number 3"...: a value in the words of a message.
std::string describe(const PickleValue& value);

/// Reads one pickle of protocol 2 from the beginning of `bytes`, which may go on after it. Knows
/// the operations that torch.save needs and the names of find_pickle_global; of objects made with
/// opaque names nothing is kept. Memory stays in proportion to the pickle's length.
///
/// Throws kUnsupported, naming `where`, for another protocol, operation or name; kCorrupt for what
/// no pickler writes. Source: python/cpython, Lib/pickletools.py.
Pickle parse_pickle(std::span<const std::byte> bytes, std::string_view where);

}  // namespace lienzo::weights
