#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

/// The blocks' formulas once more, number by number, in double precision.
namespace lienzo::nn::naive {

/// Fills all parameters with normal numbers: the blocks start as the identity, which would hide
/// mistakes.
inline void randomize(torch::nn::Module& module, uint64_t seed, double deviation = 0.3) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(seed);
  for (torch::Tensor& parameter : module.parameters()) parameter.normal_(0, deviation);
}

inline torch::Tensor wide(const torch::Tensor& x) {
  return x.detach().to(torch::kDouble).contiguous();
}

/// x (T, in), weight (out, in), bias (out) or undefined.
inline torch::Tensor linear(const torch::Tensor& x,
                            const torch::Tensor& weight,
                            const torch::Tensor& bias = {}) {
  torch::Tensor y = torch::zeros({x.size(0), weight.size(0)}, torch::kDouble);
  const auto a = x.accessor<double, 2>(), w = weight.accessor<double, 2>();
  auto out = y.accessor<double, 2>();
  for (int64_t t = 0; t < x.size(0); ++t) {
    for (int64_t o = 0; o < weight.size(0); ++o) {
      double sum = bias.defined() ? bias[o].item<double>() : 0;
      for (int64_t i = 0; i < weight.size(1); ++i) sum += a[t][i] * w[o][i];
      out[t][o] = sum;
    }
  }
  return y;
}

/// Divides the rows of x (T, C) by their root mean square.
inline torch::Tensor rms_rows(const torch::Tensor& x) {
  torch::Tensor y = x.clone();
  auto out = y.accessor<double, 2>();
  for (int64_t t = 0; t < x.size(0); ++t) {
    double squares = 0;
    for (int64_t c = 0; c < x.size(1); ++c) squares += out[t][c] * out[t][c];
    const double root = std::sqrt(squares / static_cast<double>(x.size(1)) + 1e-6);
    for (int64_t c = 0; c < x.size(1); ++c) out[t][c] /= root;
  }
  return y;
}

/// One head: q (T, D), k and v (S, D), bias (S) added to every row of scores.
inline torch::Tensor attention(const torch::Tensor& q,
                               const torch::Tensor& k,
                               const torch::Tensor& v,
                               const torch::Tensor& bias) {
  torch::Tensor y = torch::zeros({q.size(0), v.size(1)}, torch::kDouble);
  const auto a = q.accessor<double, 2>(), b = k.accessor<double, 2>(), c = v.accessor<double, 2>();
  auto out = y.accessor<double, 2>();
  for (int64_t t = 0; t < q.size(0); ++t) {
    std::vector<double> weight;
    double total = 0;
    for (int64_t s = 0; s < k.size(0); ++s) {
      double dot = 0;
      for (int64_t d = 0; d < q.size(1); ++d) dot += a[t][d] * b[s][d];
      weight.push_back(
          std::exp(dot / std::sqrt(static_cast<double>(q.size(1))) + bias[s].item<double>()));
      total += weight.back();
    }
    for (int64_t s = 0; s < k.size(0); ++s) {
      for (int64_t d = 0; d < v.size(1); ++d)
        out[t][d] += weight[static_cast<size_t>(s)] / total * c[s][d];
    }
  }
  return y;
}

/// x (in, H, W), weight (out, in, K, K) with K odd, zeros around the picture.
inline torch::Tensor convolution(const torch::Tensor& x,
                                 const torch::Tensor& weight,
                                 const torch::Tensor& bias) {
  const int64_t height = x.size(1), width = x.size(2), reach = weight.size(2) / 2;
  torch::Tensor y = torch::zeros({weight.size(0), height, width}, torch::kDouble);
  const auto a = x.accessor<double, 3>();
  const auto w = weight.accessor<double, 4>();
  auto out = y.accessor<double, 3>();
  for (int64_t o = 0; o < weight.size(0); ++o) {
    for (int64_t r = 0; r < height; ++r) {
      for (int64_t c = 0; c < width; ++c) {
        double sum = bias[o].item<double>();
        for (int64_t i = 0; i < weight.size(1); ++i) {
          for (int64_t dr = -reach; dr <= reach; ++dr) {
            for (int64_t dc = -reach; dc <= reach; ++dc) {
              if (r + dr < 0 || r + dr >= height || c + dc < 0 || c + dc >= width) continue;
              sum += a[i][r + dr][c + dc] * w[o][i][dr + reach][dc + reach];
            }
          }
        }
        out[o][r][c] = sum;
      }
    }
  }
  return y;
}

/// Largest difference, relative to the largest number of `expected`.
inline double error(const torch::Tensor& got, const torch::Tensor& expected) {
  return ((wide(got) - expected).abs().max() / expected.abs().max()).item<double>();
}

}  // namespace lienzo::nn::naive
