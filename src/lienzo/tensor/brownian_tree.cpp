#include "lienzo/tensor/brownian_tree.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/tensor/seed_sequence.h"

namespace lienzo::tensor {
namespace {

constexpr size_t kPoolSize = 24;

// To 6 decimals, as Python's round(value, 6): the decimal number nearest to the binary one.
double rounded(double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.6f", value);
  return std::strtod(text.data(), nullptr);
}

// The path of one picture.
class Path {
 public:
  Path(uint64_t seed, c10::IntArrayRef shape, NoiseKind kind)
      : seed_(seed), shape_(shape), kind_(kind) {}

  torch::Tensor increment(double t0, double t1, double ta, double tb) const {
    const uint32_t top = seed_sequence(seed_, {}, kPoolSize, 1)[0];
    const torch::Tensor whole = draw(top) * std::sqrt(t1 - t0);
    torch::Tensor sum;
    add(sum, {rounded(t0), rounded(t1), 0, 0}, whole, ta, tb);
    return sum;
  }

 private:
  struct Node {
    double start, end;
    uint32_t place, depth;  // the place counts the nodes of one depth from the left
  };

  torch::Tensor draw(uint32_t seed) const { return NoiseSource({seed}, kind_).normal(shape_)[0]; }

  // Adds the parts of [ta, tb] inside the node, whose own increment is w, from left to right.
  void add(
      torch::Tensor& sum, const Node& node, const torch::Tensor& w, double ta, double tb) const {
    if (ta == node.start && tb == node.end) {
      sum = sum.defined() ? sum + w : w;
      return;
    }
    const double middle = rounded(0.5 * (node.end + node.start));
    const double left = middle - node.start, right = node.end - middle;
    const double inverse = 1 / (node.end - node.start);
    const uint32_t seed = seed_sequence(seed_, std::array{node.place, node.depth}, kPoolSize, 1)[0];
    // The bridge at the middle: mean on the chord, variance left * right / length.
    const torch::Tensor w_left =
        w * left * inverse + draw(seed) * std::sqrt(left * right * inverse);
    if (ta < middle) {
      add(sum,
          {node.start, middle, 2 * node.place, node.depth + 1},
          w_left,
          ta,
          std::min(tb, middle));
    }
    if (tb > middle) {
      add(sum,
          {middle, node.end, 2 * node.place + 1, node.depth + 1},
          w - w_left,
          std::max(ta, middle),
          tb);
    }
  }

  uint64_t seed_;
  c10::IntArrayRef shape_;
  NoiseKind kind_;
};

}  // namespace

BrownianTree::BrownianTree(std::vector<uint64_t> seeds,
                           c10::IntArrayRef sample_shape,
                           double t0,
                           double t1,
                           NoiseKind kind)
    : seeds_(std::move(seeds)), shape_(sample_shape.vec()), t0_(t0), t1_(t1), kind_(kind) {
  if (seeds_.empty())
    throw Error(ErrorKind::kInvalidInput, "[noise] no seed given, expected one per picture");
  if (!std::isfinite(t0) || !std::isfinite(t1) || !(rounded(t0) < rounded(t1))) {
    throw Error(ErrorKind::kInvalidInput,
                "[noise] a Brownian path needs an interval of finite length, got " +
                    std::to_string(t0) + " to " + std::to_string(t1));
  }
}

torch::Tensor BrownianTree::increment(double ta, double tb) const {
  const double low = rounded(std::clamp(std::min(ta, tb), t0_, t1_));
  const double high = rounded(std::clamp(std::max(ta, tb), t0_, t1_));
  if (low == high) {
    std::vector<int64_t> shape = {static_cast<int64_t>(seeds_.size())};
    shape.insert(shape.end(), shape_.begin(), shape_.end());
    return torch::zeros(shape, torch::kFloat32);
  }
  std::vector<torch::Tensor> rows;
  rows.reserve(seeds_.size());
  for (const uint64_t seed : seeds_)
    rows.push_back(Path(seed, shape_, kind_).increment(t0_, t1_, low, high));
  const torch::Tensor w = torch::stack(rows);
  return ta <= tb ? w : -w;
}

}  // namespace lienzo::tensor
