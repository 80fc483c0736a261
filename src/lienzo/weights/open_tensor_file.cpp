#include "lienzo/weights/open_tensor_file.h"

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/weights/byte_reader.h"
#include "lienzo/weights/foreign_file.h"
#include "lienzo/weights/gguf_file.h"
#include "lienzo/weights/gguf_header.h"
#include "lienzo/weights/mapped_tensor.h"
#include "lienzo/weights/safetensors.h"
#include "lienzo/weights/safetensors_header.h"
#include "lienzo/weights/sharded_file.h"
#include "lienzo/weights/torch_file.h"

namespace lienzo::weights {

namespace {

using File = std::shared_ptr<const MappedFile>;

bool is_json(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

/// A length that could be a header's, then the header. As a length, the first letters of JSON would
/// be far too large.
bool is_safetensors(std::string_view text) {
  if (text.size() <= 8 || text[8] != '{') return false;
  return ByteReader(std::as_bytes(std::span(text)), "").read<uint64_t>() <= kMaxHeaderBytes;
}

std::unique_ptr<TensorFile> open_mapped(File file) {
  const std::string_view text = as_text(file->bytes());
  if (text.starts_with(kGgufMagic)) return std::make_unique<GgufFile>(std::move(file));
  if (text.starts_with(kZipMagic) || text.starts_with(kLegacyTorchMagic))
    return std::make_unique<TorchFile>(std::move(file));
  if (is_safetensors(text)) return std::make_unique<SafetensorsFile>(std::move(file));
  throw Error(ErrorKind::kCorrupt,
              "[" + file->path().string() + "] is " + describe_foreign_file(file->bytes()));
}

}  // namespace

std::unique_ptr<TensorFile> open_tensor_file(const std::filesystem::path& path) {
  File file = map_weight_file(path);
  const std::string_view start = as_text(file->bytes()).substr(0, 64);
  if (is_json(start) && !is_safetensors(start))
    return std::make_unique<ShardedFile>(ShardedFile::open(path));
  return open_mapped(std::move(file));
}

std::unique_ptr<TensorFile> open_single_tensor_file(const std::filesystem::path& path) {
  return open_mapped(map_weight_file(path));
}

}  // namespace lienzo::weights
