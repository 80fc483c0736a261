// Feeds arbitrary bytes to the header reader as a whole file. It must either refuse them with
// kCorrupt or return an index whose every promise holds: that is what SafetensorsFile relies on
// when it hands out memory.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "lienzo/base/error.h"
#include "lienzo/weights/safetensors_header.h"

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

void check(const lienzo::weights::TensorIndex& index, size_t file_bytes) {
  uint64_t end = index.size() == 0 ? file_bytes : index.tensors()[0].offset;
  for (const auto& tensor : index.tensors()) {
    require(tensor.offset == end);
    end = tensor.offset + tensor.bytes;
    require(end <= file_bytes);
    require(tensor.shape.size() <= lienzo::weights::kMaxRank);
    for (const int64_t length : tensor.shape) require(length >= 0);
    require(static_cast<uint64_t>(tensor.element_count()) * bits(tensor.dtype) == tensor.bytes * 8);
    require(index.find(tensor.name) == &tensor);
  }
  require(end == file_bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    check(lienzo::weights::parse_safetensors_header(std::as_bytes(std::span(data, size)), "fuzz"),
          size);
  } catch (const lienzo::Error& error) {
    require(error.kind() == lienzo::ErrorKind::kCorrupt);
  }
  return 0;
}
