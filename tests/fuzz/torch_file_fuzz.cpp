// Feeds arbitrary bytes to the reader of PyTorch files, archive and pickle included, as a whole
// file. It must either refuse them or return contents whose every promise holds: that is what
// TorchFile relies on when it hands out memory.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "lienzo/base/error.h"
#include "lienzo/weights/torch_contents.h"

namespace {

using lienzo::weights::TensorInfo;

void require(bool promise) {
  if (!promise) std::abort();
}

void check(const lienzo::weights::TorchContents& contents, size_t file_bytes) {
  require(contents.strides.size() == contents.index.size());
  for (size_t i = 0; i < contents.index.size(); ++i) {
    const TensorInfo& tensor = contents.index.tensors()[i];
    const auto& strides = contents.strides[i];
    const auto size = static_cast<uint64_t>(bits(tensor.dtype)) / 8;
    require(strides.size() == tensor.shape.size());
    require(strides.size() <= lienzo::weights::kMaxRank);
    for (const int64_t length : tensor.shape) require(length >= 0);
    require(static_cast<uint64_t>(tensor.element_count()) * size == tensor.bytes);
    require(tensor.offset <= file_bytes && tensor.bytes <= file_bytes);
    if (tensor.bytes == 0) continue;
    unsigned __int128 last = 0;  // cannot overflow: eight products of 63 bits each
    for (size_t d = 0; d < strides.size(); ++d) {
      require(strides[d] >= 0 && (tensor.shape[d] > 1 || strides[d] == 1));
      last += static_cast<unsigned __int128>(tensor.shape[d] - 1) * strides[d];
    }
    require(tensor.offset + (last + 1) * size <= file_bytes);
    require(contents.index.find(tensor.name) == &tensor);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    check(lienzo::weights::parse_torch_file(std::as_bytes(std::span(data, size)), "fuzz"), size);
  } catch (const lienzo::Error& error) {
    require(error.kind() == lienzo::ErrorKind::kCorrupt ||
            error.kind() == lienzo::ErrorKind::kUnsupported);
  }
  return 0;
}
