#include "lienzo/weights/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/base/json.h"
#include "lienzo/weights/mapped_tensor.h"
#include "lienzo/weights/safetensors_header.h"

static_assert(std::endian::native == std::endian::little,
              "safetensors files are little-endian, used in place");

namespace lienzo::weights {

namespace {

std::string header_of(const std::vector<const NamedTensor*>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const NamedTensor* named : tensors) {
    const auto& [name, tensor] = *named;
    const uint64_t end = offset + static_cast<uint64_t>(tensor.numel()) * tensor.element_size();
    header[name] = {{"dtype", weights::name(file_dtype(tensor.scalar_type()))},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const Json::exception&) {
    throw Error(ErrorKind::kInvalidInput,
                "[safetensors] a tensor's name or the metadata is not UTF-8");
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

/// The tensors in the order in which they are written.
std::vector<const NamedTensor*> in_file_order(const std::vector<NamedTensor>& tensors) {
  std::vector<const NamedTensor*> sorted;
  sorted.reserve(tensors.size());
  for (const NamedTensor& named : tensors) {
    if (!named.second.defined() || named.second.layout() != torch::kStrided) {
      throw Error(ErrorKind::kInvalidInput,
                  "[safetensors] no dense tensor for " + quote_name(named.first));
    }
    if (named.first == "__metadata__") {
      throw Error(ErrorKind::kInvalidInput,
                  "[safetensors] a tensor cannot be named '__metadata__'");
    }
    sorted.push_back(&named);
  }
  std::sort(sorted.begin(), sorted.end(), [](const NamedTensor* a, const NamedTensor* b) {
    const auto a_size = a->second.element_size(), b_size = b->second.element_size();
    return a_size != b_size ? a_size > b_size : a->first < b->first;
  });
  std::vector<std::string_view> names;
  names.reserve(sorted.size());
  for (const NamedTensor* named : sorted) names.push_back(named->first);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) {
    throw Error(ErrorKind::kInvalidInput,
                "[safetensors] two tensors are named " + quote_name(*twice));
  }
  return sorted;
}

}  // namespace

SafetensorsFile::SafetensorsFile(std::shared_ptr<const MappedFile> file)
    : file_(std::move(file)),
      index_(parse_safetensors_header(file_->bytes(), file_->path().string())) {}

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path) {
  return SafetensorsFile(map_weight_file(path));
}

torch::Tensor SafetensorsFile::read_numbers(const TensorInfo& info) const {
  return mapped_tensor(file_, info);
}

std::map<std::string, torch::Tensor> read_safetensors(
    const std::filesystem::path& path, std::map<std::string, std::string>* metadata) {
  const SafetensorsFile file = SafetensorsFile::open(path);
  std::map<std::string, torch::Tensor> tensors;
  for (const TensorInfo& info : file.index().tensors())
    tensors.emplace(info.name, file.read(info.name));
  if (metadata) *metadata = file.index().metadata();
  return tensors;
}

void write_safetensors(const std::filesystem::path& path,
                       const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  const std::vector<const NamedTensor*> sorted = in_file_order(tensors);
  const std::string header = header_of(sorted, metadata);
  const uint64_t header_bytes = header.size();

  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&header_bytes, 1)));
  file.write(std::as_bytes(std::span(header)));
  for (const NamedTensor* named : sorted) {
    const torch::Tensor tensor = named->second.detach().to(torch::kCPU).contiguous();
    if (tensor.numel() == 0) continue;
    file.write({static_cast<const std::byte*>(tensor.data_ptr()),
                static_cast<size_t>(tensor.numel()) * tensor.element_size()});
  }
  file.commit();
}

}  // namespace lienzo::weights
