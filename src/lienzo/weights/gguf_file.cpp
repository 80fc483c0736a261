#include "lienzo/weights/gguf_file.h"

#include <ATen/Parallel.h>

#include <cstdint>
#include <span>
#include <utility>

#include "lienzo/weights/dequantize.h"
#include "lienzo/weights/gguf_header.h"
#include "lienzo/weights/mapped_tensor.h"

namespace lienzo::weights {

GgufFile::GgufFile(std::shared_ptr<const MappedFile> file)
    : file_(std::move(file)), index_(parse_gguf_header(file_->bytes(), file_->path().string())) {}

GgufFile GgufFile::open(const std::filesystem::path& path) {
  return GgufFile(map_weight_file(path));
}

torch::Tensor GgufFile::read_numbers(const TensorInfo& info) const {
  if (!is_quantized(info.dtype)) return mapped_tensor(file_, info);
  torch::Tensor tensor = torch::empty(info.shape, scalar_type(info.dtype));
  const std::span<const std::byte> data = file_->bytes().subspan(info.offset, info.bytes);
  const std::span<float> out(tensor.data_ptr<float>(), static_cast<size_t>(tensor.numel()));
  const auto block_bytes = static_cast<size_t>(bits(info.dtype)) / 8;
  const auto elements = static_cast<size_t>(block_elements(info.dtype));

  constexpr int64_t kElementsPerTask = 1 << 15;
  const auto blocks = static_cast<int64_t>(out.size() / elements);
  at::parallel_for(0,
                   blocks,
                   kElementsPerTask / static_cast<int64_t>(elements),
                   [&](int64_t begin, int64_t end) {
                     const auto first = static_cast<size_t>(begin);
                     const auto count = static_cast<size_t>(end - begin);
                     dequantize(info.dtype,
                                data.subspan(first * block_bytes, count * block_bytes),
                                out.subspan(first * elements, count * elements));
                   });
  return tensor;
}

}  // namespace lienzo::weights
