#include "lienzo/weights/open_tensor_file.h"

#include "lienzo/weights/safetensors.h"

namespace lienzo::weights {

std::unique_ptr<TensorFile> open_tensor_file(const std::filesystem::path& path) {
  return std::make_unique<SafetensorsFile>(SafetensorsFile::open(path));
}

}  // namespace lienzo::weights
