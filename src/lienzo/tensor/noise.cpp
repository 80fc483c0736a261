#include "lienzo/tensor/noise.h"

#include <ATen/CPUGeneratorImpl.h>

#include <string>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/tensor/philox.h"
#include "lienzo/tensor/shape.h"

namespace lienzo::tensor {

namespace {

torch::Tensor empty_rows(size_t rows, c10::IntArrayRef sample_shape) {
  std::vector<int64_t> shape{static_cast<int64_t>(rows)};
  shape.insert(shape.end(), sample_shape.begin(), sample_shape.end());
  return torch::empty(shape, torch::kFloat32);
}

template <typename Draw>
torch::Tensor draw_rows(std::vector<at::Generator>& generators,
                        c10::IntArrayRef sample_shape,
                        Draw draw) {
  torch::Tensor out = empty_rows(generators.size(), sample_shape);
  // Each row is a tensor of its own for the generator: the algorithm for normal numbers works in
  // blocks of 16 and redraws the last one, so a row drawn inside a larger tensor would come out
  // different.
  for (size_t b = 0; b < generators.size(); ++b) {
    torch::Tensor row = out.select(0, static_cast<int64_t>(b));
    draw(row, generators[b]);
  }
  return out;
}

}  // namespace

std::string_view name(NoiseKind kind) { return kind == NoiseKind::kCpu ? "cpu" : "gpu"; }

NoiseKind noise_kind_from_name(std::string_view wanted) {
  for (const NoiseKind kind : {NoiseKind::kCpu, NoiseKind::kPhilox}) {
    if (name(kind) == wanted) return kind;
  }
  throw Error(
      ErrorKind::kInvalidInput,
      "[noise] unknown source of noise '" + std::string(wanted) + "', expected one of: cpu, gpu");
}

NoiseSource::NoiseSource(std::vector<uint64_t> seeds, NoiseKind kind)
    : seeds_(std::move(seeds)), kind_(kind) {
  if (seeds_.empty())
    throw Error(ErrorKind::kInvalidInput, "[noise] no seed given, expected one per picture");
  if (kind_ == NoiseKind::kPhilox) return;
  generators_.reserve(seeds_.size());
  for (const uint64_t seed : seeds_) generators_.push_back(at::detail::createCPUGenerator(seed));
}

torch::Tensor NoiseSource::normal(c10::IntArrayRef sample_shape) {
  if (kind_ == NoiseKind::kPhilox) {
    torch::Tensor out = empty_rows(seeds_.size(), sample_shape);
    const auto count = static_cast<size_t>(out.numel()) / seeds_.size();
    for (size_t b = 0; b < seeds_.size(); ++b)
      philox_normal(seeds_[b], calls_, {out.data_ptr<float>() + b * count, count});
    ++calls_;
    return out;
  }
  return draw_rows(generators_, sample_shape, [](torch::Tensor& row, at::Generator& generator) {
    row.normal_(0.0, 1.0, generator);
  });
}

torch::Tensor NoiseSource::uniform(c10::IntArrayRef sample_shape) {
  if (kind_ == NoiseKind::kPhilox) {
    throw Error(ErrorKind::kUnsupported,
                "[noise] the generator of GPUs is there for normal numbers only; use cpu");
  }
  return draw_rows(generators_, sample_shape, [](torch::Tensor& row, at::Generator& generator) {
    row.uniform_(0.0, 1.0, generator);
  });
}

torch::Tensor NoiseSource::normal_like(const torch::Tensor& x) {
  if (!x.defined() || x.dim() < 1 || x.size(0) != size()) {
    throw Error(ErrorKind::kInvalidInput,
                "[noise] batch, got " +
                    (x.defined() ? shape_text(x.sizes()) : std::string("no tensor")) +
                    ", expected " + std::to_string(size()) + " rows, one per seed");
  }
  return normal(x.sizes().slice(1)).to(x.options());
}

}  // namespace lienzo::tensor
