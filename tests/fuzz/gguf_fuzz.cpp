// Feeds arbitrary bytes to the GGUF reader as a whole file and dequantises what it finds. The
// header must either be refused or tile the file: that is what GgufFile relies on when it hands out
// memory.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/weights/dequantize.h"
#include "lienzo/weights/gguf_header.h"

namespace {

using namespace lienzo::weights;

void require(bool promise) {
  if (!promise) std::abort();
}

void check(const TensorIndex& index, std::span<const std::byte> file) {
  uint64_t end = 0;
  for (const TensorInfo& tensor : index.tensors()) {
    require(tensor.offset >= end && tensor.bytes <= file.size());
    end = tensor.offset + tensor.bytes;
    require(end <= file.size());
    require(tensor.shape.size() <= kMaxRank);
    for (const int64_t length : tensor.shape) require(length >= 0);
    require(index.find(tensor.name) == &tensor);
    const auto elements = static_cast<uint64_t>(tensor.element_count());
    const auto block = static_cast<uint64_t>(block_elements(tensor.dtype));
    require(elements % block == 0);
    require(elements / block * static_cast<uint64_t>(bits(tensor.dtype)) == tensor.bytes * 8);
    if (!is_quantized(tensor.dtype)) continue;
    std::vector<float> numbers(elements);
    dequantize(tensor.dtype, file.subspan(tensor.offset, tensor.bytes), numbers);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = std::as_bytes(std::span(data, size));
  try {
    check(parse_gguf_header(file, "fuzz"), file);
  } catch (const lienzo::Error& error) {
    require(error.kind() == lienzo::ErrorKind::kCorrupt ||
            error.kind() == lienzo::ErrorKind::kUnsupported);
  }
  return 0;
}
