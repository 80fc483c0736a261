// Feeds arbitrary bytes to the pickle reader alone, which torch_file_fuzz reaches only through a
// whole archive. It must either refuse them or return values that refer to values.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "lienzo/base/error.h"
#include "lienzo/base/utf8.h"
#include "lienzo/weights/pickle.h"

namespace {

using namespace lienzo::weights;

void require(bool promise) {
  if (!promise) std::abort();
}

struct Check {
  const Pickle& pickle;

  void refers(PickleRef ref) const { require(ref < pickle.values.size()); }
  void operator()(const PickleTuple& tuple) const {
    for (const PickleRef ref : tuple.items) refers(ref);
  }
  void operator()(const PickleList& list) const {
    for (const PickleRef ref : list.items) refers(ref);
  }
  void operator()(const PickleDict& dict) const {
    for (const auto& [key, value] : dict.items) {
      refers(key);
      refers(value);
    }
  }
  void operator()(const PicklePersistent& persistent) const { refers(persistent.id); }
  void operator()(const PickleCall& call) const {
    refers(call.arguments);
    require(pickle.get<PickleTuple>(call.arguments) != nullptr);
    require(call.function == GlobalRole::kRebuildTensor ||
            call.function == GlobalRole::kRebuildParameter);
  }
  void operator()(std::string_view text) const { require(lienzo::is_valid_utf8(text)); }
  template <class Plain>
  void operator()(const Plain&) const {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const Pickle pickle = parse_pickle(std::as_bytes(std::span(data, size)), "fuzz");
    require(pickle.bytes <= size && pickle.root < pickle.values.size());
    for (const PickleValue& value : pickle.values) {
      std::visit(Check{pickle}, value);
      require(!describe(value).empty());
    }
  } catch (const lienzo::Error& error) {
    require(error.kind() == lienzo::ErrorKind::kCorrupt ||
            error.kind() == lienzo::ErrorKind::kUnsupported);
  }
  return 0;
}
