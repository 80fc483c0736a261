#include "lienzo/weights/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/base/json.h"
#include "lienzo/weights/mapped_tensor.h"
#include "lienzo/weights/safetensors_header.h"

static_assert(std::endian::native == std::endian::little,
              "safetensors files are little-endian, used in place");

namespace lienzo::weights {

namespace {

/// A tensor to write, whose numbers are asked for when their turn comes.
struct Pending {
  std::string name;
  torch::ScalarType type;
  std::vector<int64_t> shape;
  std::function<torch::Tensor()> read;

  uint64_t bytes() const {
    return static_cast<uint64_t>(c10::multiply_integers(shape)) * c10::elementSize(type);
  }
};

std::string header_of(const std::vector<Pending>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const Pending& tensor : tensors) {
    const uint64_t end = offset + tensor.bytes();
    header[tensor.name] = {{"dtype", weights::name(file_dtype(tensor.type))},
                           {"shape", tensor.shape},
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

/// Sorts the tensors into the order in which they are written. Throws for names that cannot be.
void put_in_file_order(std::vector<Pending>& tensors) {
  std::sort(tensors.begin(), tensors.end(), [](const Pending& a, const Pending& b) {
    const auto a_size = c10::elementSize(a.type), b_size = c10::elementSize(b.type);
    return a_size != b_size ? a_size > b_size : a.name < b.name;
  });
  std::vector<std::string_view> names;
  names.reserve(tensors.size());
  for (const Pending& tensor : tensors) names.push_back(tensor.name);
  std::sort(names.begin(), names.end());
  if (std::binary_search(names.begin(), names.end(), "__metadata__")) {
    throw Error(ErrorKind::kInvalidInput, "[safetensors] a tensor cannot be named '__metadata__'");
  }
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) {
    throw Error(ErrorKind::kInvalidInput,
                "[safetensors] two tensors are named " + quote_name(*twice));
  }
}

void write(const std::filesystem::path& path,
           std::vector<Pending> tensors,
           const std::map<std::string, std::string>& metadata) {
  put_in_file_order(tensors);
  const std::string header = header_of(tensors, metadata);
  const uint64_t header_bytes = header.size();

  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&header_bytes, 1)));
  file.write(std::as_bytes(std::span(header)));
  for (const Pending& pending : tensors) {
    const torch::Tensor tensor = pending.read().detach().to(torch::kCPU).contiguous();
    if (tensor.numel() == 0) continue;
    file.write({static_cast<const std::byte*>(tensor.data_ptr()), pending.bytes()});
  }
  file.commit();
}

/// `tensor` in `type`. Throws where a number becomes infinite by that.
torch::Tensor convert(const torch::Tensor& tensor, torch::ScalarType type, std::string_view name) {
  if (tensor.scalar_type() == type) return tensor;
  torch::Tensor converted = tensor.to(type);
  if (type == torch::kHalf && tensor.isfinite().logical_and(converted.isinf()).any().item<bool>()) {
    throw Error(ErrorKind::kInvalidInput,
                "[safetensors] " + quote_name(name) +
                    " has numbers beyond 65504, the largest of fp16; use bf16 or fp32");
  }
  return converted;
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
  std::vector<Pending> pending;
  pending.reserve(tensors.size());
  for (const auto& [name, tensor] : tensors) {
    if (!tensor.defined() || tensor.layout() != torch::kStrided) {
      throw Error(ErrorKind::kInvalidInput,
                  "[safetensors] no dense tensor for " + quote_name(name));
    }
    pending.push_back(
        {name, tensor.scalar_type(), tensor.sizes().vec(), [&tensor = tensor] { return tensor; }});
  }
  write(path, std::move(pending), metadata);
}

void write_safetensors(const std::filesystem::path& path,
                       const TensorFile& tensors,
                       std::optional<torch::ScalarType> float_dtype,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<Pending> pending;
  pending.reserve(tensors.index().size());
  for (const TensorInfo& info : tensors.index().tensors()) {
    torch::ScalarType type = scalar_type(info.dtype);
    if (float_dtype && c10::isFloatingType(type)) type = *float_dtype;
    pending.push_back({info.name, type, info.shape, [&tensors, &info, type] {
                         return convert(tensors.read(info.name), type, info.name);
                       }});
  }
  write(path, std::move(pending), metadata);
}

void write_hollow_safetensors(const std::filesystem::path& path, const TensorIndex& tensors) {
  std::vector<Pending> pending;
  pending.reserve(tensors.size());
  uint64_t bytes = 0;
  for (const TensorInfo& info : tensors.tensors()) {
    pending.push_back({info.name, scalar_type(info.dtype), info.shape, {}});
    bytes += pending.back().bytes();
  }
  put_in_file_order(pending);
  const std::string header = header_of(pending, {});
  const uint64_t header_bytes = header.size();
  std::string front(reinterpret_cast<const char*>(&header_bytes), sizeof header_bytes);
  front += header;
  write_file_atomic(path, front);
  std::error_code problem;
  std::filesystem::resize_file(path, front.size() + bytes, problem);
  if (problem) {
    throw Error(ErrorKind::kIo,
                "[safetensors] cannot make " + path.string() + " " +
                    std::to_string(front.size() + bytes) + " bytes long: " + problem.message());
  }
}

}  // namespace lienzo::weights
