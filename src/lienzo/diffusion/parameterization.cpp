#include "lienzo/diffusion/parameterization.h"

#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "lienzo/base/error.h"

namespace lienzo::diffusion {
namespace {

constexpr std::array<std::pair<Parameterization, std::string_view>, 5> kNames = {{
    {Parameterization::kEpsilon, "epsilon"},
    {Parameterization::kV, "v_prediction"},
    {Parameterization::kFlow, "flow"},
    {Parameterization::kX0, "sample"},
    {Parameterization::kEdm, "edm"},
}};

constexpr double kSigmaData = 0.5;

double root(double value) { return std::sqrt(value); }
torch::Tensor root(const torch::Tensor& value) { return value.sqrt(); }

// Standard deviation of x_t when x0 has kSigmaData.
template <typename Level>
Level deviation(const Level& alpha, const Level& sigma) {
  return root(alpha * alpha * (kSigmaData * kSigmaData) + sigma * sigma);
}

// Level is double or a tensor that already broadcasts against the pictures.
template <typename Level>
torch::Tensor target_of(Parameterization parameterization,
                        const torch::Tensor& x0,
                        const torch::Tensor& noise,
                        const Level& alpha,
                        const Level& sigma) {
  switch (parameterization) {
    case Parameterization::kEpsilon: return noise;
    case Parameterization::kV: return noise * alpha - x0 * sigma;
    case Parameterization::kFlow: return noise - x0;
    case Parameterization::kX0: return x0;
    case Parameterization::kEdm: {
      // (x0 - c_skip x_t) / c_out, simplified so that it stays finite as sigma -> 0.
      const Level scale = deviation(alpha, sigma) * kSigmaData;
      return (x0 * sigma - noise * (alpha * (kSigmaData * kSigmaData))) / scale;
    }
  }
  throw Error(ErrorKind::kInternal, "[diffusion] unknown parameterization");
}

// Each line solves x_t = alpha x0 + sigma noise together with the definition of the output for x0.
template <typename Level>
torch::Tensor x0_of(Parameterization parameterization,
                    const torch::Tensor& output,
                    const torch::Tensor& x_t,
                    const Level& alpha,
                    const Level& sigma) {
  switch (parameterization) {
    case Parameterization::kEpsilon: return (x_t - output * sigma) / alpha;
    case Parameterization::kV:
      return (x_t * alpha - output * sigma) / (alpha * alpha + sigma * sigma);
    case Parameterization::kFlow: return (x_t - output * sigma) / (alpha + sigma);
    case Parameterization::kX0: return output;
    case Parameterization::kEdm: {
      const Level whole = deviation(alpha, sigma);
      return x_t * (alpha * (kSigmaData * kSigmaData) / (whole * whole)) +
             output * (sigma * kSigmaData / whole);
    }
  }
  throw Error(ErrorKind::kInternal, "[diffusion] unknown parameterization");
}

// (B) -> (B, 1, 1, ...) in the dtype and on the device of the pictures.
torch::Tensor per_row(const torch::Tensor& level, const torch::Tensor& x) {
  if (level.dim() != 1 || x.dim() < 1 || level.size(0) != x.size(0)) {
    throw Error(ErrorKind::kInvalidInput,
                "[diffusion] one noise level per row is needed, got " +
                    std::to_string(level.numel()) + " levels for " +
                    std::to_string(x.dim() > 0 ? x.size(0) : 0) + " rows");
  }
  std::vector<int64_t> shape(static_cast<size_t>(x.dim()), 1);
  shape[0] = x.size(0);
  return level.to(x.options()).reshape(shape);
}

}  // namespace

std::string_view name(Parameterization parameterization) {
  for (const auto& [value, text] : kNames) {
    if (value == parameterization) return text;
  }
  throw Error(ErrorKind::kInternal, "[diffusion] unknown parameterization");
}

Parameterization parameterization_from_name(std::string_view wanted) {
  std::string known;
  for (const auto& [value, text] : kNames) {
    if (text == wanted) return value;
    known += (known.empty() ? "" : ", ") + std::string(text);
  }
  throw Error(ErrorKind::kInvalidInput,
              "[diffusion] unknown parameterization '" + std::string(wanted) +
                  "', expected one of: " + known);
}

torch::Tensor add_noise(const torch::Tensor& x0,
                        const torch::Tensor& noise,
                        double alpha,
                        double sigma) {
  return x0 * alpha + noise * sigma;
}

torch::Tensor add_noise(const torch::Tensor& x0,
                        const torch::Tensor& noise,
                        const torch::Tensor& alpha,
                        const torch::Tensor& sigma) {
  return x0 * per_row(alpha, x0) + noise * per_row(sigma, x0);
}

torch::Tensor target(Parameterization parameterization,
                     const torch::Tensor& x0,
                     const torch::Tensor& noise,
                     double alpha,
                     double sigma) {
  return target_of(parameterization, x0, noise, alpha, sigma);
}

torch::Tensor target(Parameterization parameterization,
                     const torch::Tensor& x0,
                     const torch::Tensor& noise,
                     const torch::Tensor& alpha,
                     const torch::Tensor& sigma) {
  return target_of(parameterization, x0, noise, per_row(alpha, x0), per_row(sigma, x0));
}

torch::Tensor to_x0(Parameterization parameterization,
                    const torch::Tensor& output,
                    const torch::Tensor& x_t,
                    double alpha,
                    double sigma) {
  if (parameterization == Parameterization::kEpsilon && alpha <= 0) {
    throw Error(ErrorKind::kInvalidInput,
                "[diffusion] an epsilon model cannot start from pure noise (alpha 0); start at a "
                "lower noise "
                "level or use a v or flow model");
  }
  return x0_of(parameterization, output, x_t, alpha, sigma);
}

torch::Tensor to_x0(Parameterization parameterization,
                    const torch::Tensor& output,
                    const torch::Tensor& x_t,
                    const torch::Tensor& alpha,
                    const torch::Tensor& sigma) {
  return x0_of(parameterization, output, x_t, per_row(alpha, x_t), per_row(sigma, x_t));
}

torch::Tensor to_noise(const torch::Tensor& x0,
                       const torch::Tensor& x_t,
                       double alpha,
                       double sigma) {
  return (x_t - x0 * alpha) / sigma;
}

}  // namespace lienzo::diffusion
