#include "lienzo/nn/group_norm.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <cmath>
#include <span>
#include <vector>

#include "lienzo/base/error.h"
#include "lienzo/nn/group_norm_kernel.h"
#include "lienzo/nn/kernel_tensor.h"
#include "lienzo/nn/parallel.h"
#include "lienzo/tensor/shape.h"

namespace lienzo::nn {
namespace {

void check(const torch::Tensor& x,
           const torch::Tensor& weight,
           const torch::Tensor& bias,
           int64_t groups,
           const torch::Tensor& add) {
  tensor::check_shape(x, {-1, -1, -1, -1}, "group_norm.x");
  const int64_t channels = x.size(1);
  if (groups < 1 || channels % groups != 0) {
    throw Error(
        ErrorKind::kInvalidInput,
        fmt::format(
            "[group_norm] {} groups, expected a divisor of the {} channels", groups, channels));
  }
  tensor::check_shape(weight, {channels}, "group_norm.weight");
  tensor::check_shape(bias, {channels}, "group_norm.bias");
  if (add.defined()) tensor::check_shape(add, {x.size(0), channels}, "group_norm.add");
}

torch::Tensor floats(const torch::Tensor& x) { return x.to(torch::kFloat).contiguous(); }

// The pixels of a picture in parts of about 64 K numbers, which one core's cache holds: what the
// threads share out. They depend on the shape alone, so the sums do too.
struct Chunks {
  explicit Chunks(const torch::Tensor& x)
      : channels(x.size(1)),
        pixels(x.size(2) * x.size(3)),
        pictures(x.size(0)),
        chunk(std::max<int64_t>(1, 65536 / channels)),
        per_picture((pixels + chunk - 1) / chunk) {}

  int64_t total() const { return pictures * per_picture; }
  // The first row of a chunk, counted through all pictures, and how many rows it has.
  int64_t start(int64_t i) const { return i / per_picture * pixels + i % per_picture * chunk; }
  int64_t rows(int64_t i) const { return std::min(chunk, pixels - i % per_picture * chunk); }

  int64_t channels, pixels, pictures, chunk, per_picture;
};

// Mean and sum of squared deviations of numbers that come in parts (Chan et al. 1983).
struct Moments {
  double count = 0, mean = 0, squares = 0;
  void join(const Moments& other) {
    const double sum = count + other.count, distance = other.mean - mean;
    mean += distance * other.count / sum;
    squares += other.squares + distance * distance * count * other.count / sum;
    count = sum;
  }
};

// Moments of a group of channels that have `rows` numbers each.
Moments join_channels(int64_t rows, std::span<const double> means, std::span<const float> squares) {
  const auto count = static_cast<double>(rows), channels = static_cast<double>(means.size());
  Moments group{.count = count * channels};
  for (const double mean : means) group.mean += mean / channels;
  for (const double mean : means)
    group.squares += count * (mean - group.mean) * (mean - group.mean);
  for (const float sum : squares) group.squares += static_cast<double>(sum);
  return group;
}

// Moments of x + added per group, group after group, for every chunk.
template <typename T>
std::vector<Moments> measure_chunks(const T* x,
                                    const Chunks& chunks,
                                    int64_t groups,
                                    const torch::Tensor& added) {
  std::vector<Moments> moments(static_cast<size_t>(chunks.total() * groups));
  const auto channels = static_cast<size_t>(chunks.channels);
  const size_t width = channels / static_cast<size_t>(groups);
  parallel_for(chunks.total(), [&](int64_t begin, int64_t end) {
    std::vector<float> first(channels), mean(channels), squares(channels);
    std::vector<double> means(channels);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t rows = chunks.rows(i);
      channel_statistics(x + chunks.start(i) * chunks.channels,
                         rows,
                         chunks.channels,
                         first.data(),
                         mean.data(),
                         squares.data());
      for (size_t c = 0; c < channels; ++c)
        means[c] = static_cast<double>(first[c]) + static_cast<double>(mean[c]);
      if (added.defined()) {
        const float* add = added.data_ptr<float>() + i / chunks.per_picture * chunks.channels;
        for (size_t c = 0; c < channels; ++c) means[c] += static_cast<double>(add[c]);
      }
      for (size_t group = 0; group < static_cast<size_t>(groups); ++group) {
        moments[static_cast<size_t>(i * groups) + group] =
            join_channels(rows,
                          std::span(means).subspan(group * width, width),
                          std::span(squares).subspan(group * width, width));
      }
    }
  });
  return moments;
}

// What turns x into its norm, (x + shift) scale, per picture and channel.
struct Scaling {
  std::vector<float> shift, scale;
};

Scaling make_scaling(const std::vector<Moments>& moments,
                     const Chunks& chunks,
                     int64_t groups,
                     const torch::Tensor& weight,
                     double epsilon,
                     const torch::Tensor& added) {
  Scaling scaling;
  scaling.shift.reserve(static_cast<size_t>(chunks.pictures * chunks.channels));
  scaling.scale.reserve(scaling.shift.capacity());
  for (int64_t picture = 0; picture < chunks.pictures; ++picture) {
    for (int64_t group = 0; group < groups; ++group) {
      Moments all;
      for (int64_t i = 0; i < chunks.per_picture; ++i) {
        all.join(moments[static_cast<size_t>((picture * chunks.per_picture + i) * groups + group)]);
      }
      const double inverse = 1.0 / std::sqrt(all.squares / all.count + epsilon);
      const int64_t width = chunks.channels / groups;
      for (int64_t c = group * width; c < (group + 1) * width; ++c) {
        const double add =
            added.defined() ? added.data_ptr<float>()[picture * chunks.channels + c] : 0.0;
        scaling.shift.push_back(static_cast<float>(add - all.mean));
        scaling.scale.push_back(static_cast<float>(inverse * weight.data_ptr<float>()[c]));
      }
    }
  }
  return scaling;
}

}  // namespace

torch::Tensor group_norm_plain(const torch::Tensor& x,
                               const torch::Tensor& weight,
                               const torch::Tensor& bias,
                               int64_t groups,
                               double epsilon,
                               bool silu,
                               const torch::Tensor& add) {
  torch::Tensor u = x.to(torch::kFloat);
  if (add.defined()) u = u + add.to(torch::kFloat).unsqueeze(2).unsqueeze(3);
  u = torch::group_norm(u, groups, weight.to(torch::kFloat), bias.to(torch::kFloat), epsilon);
  if (silu) u = torch::silu(u);
  return u.to(x.scalar_type());
}

torch::Tensor group_norm(const torch::Tensor& x,
                         const torch::Tensor& weight,
                         const torch::Tensor& bias,
                         int64_t groups,
                         double epsilon,
                         bool silu,
                         const torch::Tensor& add) {
  check(x, weight, bias, groups, add);
  if (!has_kernel(x) || wants_gradient(x) || wants_gradient(weight) || wants_gradient(bias) ||
      wants_gradient(add)) {
    return group_norm_plain(x, weight, bias, groups, epsilon, silu, add);
  }
  torch::Tensor y = torch::empty_like(x, x.options(), torch::MemoryFormat::ChannelsLast);
  if (x.numel() == 0) return y;
  const torch::Tensor rows = x.contiguous(torch::MemoryFormat::ChannelsLast);
  const MeasuredGroupNorm measured(rows, weight, bias, groups, epsilon, add);
  for (int64_t picture = 0; picture < x.size(0); ++picture)
    measured.apply(picture, 0, x.size(2), silu, y.narrow(0, picture, 1));
  return y;
}

MeasuredGroupNorm::MeasuredGroupNorm(const torch::Tensor& x,
                                     const torch::Tensor& weight,
                                     const torch::Tensor& bias,
                                     int64_t groups,
                                     double epsilon,
                                     const torch::Tensor& add)
    : x_(x), offset_(floats(bias)) {
  const torch::Tensor gain = floats(weight);
  const torch::Tensor added = add.defined() ? floats(add) : torch::Tensor();
  with_number_of(x, [&](auto number) {
    using T = decltype(number);
    const Chunks chunks(x);
    Scaling scaling = make_scaling(measure_chunks<T>(numbers<T>(x), chunks, groups, added),
                                   chunks,
                                   groups,
                                   gain,
                                   epsilon,
                                   added);
    shift_ = std::move(scaling.shift);
    scale_ = std::move(scaling.scale);
  });
}

void MeasuredGroupNorm::apply(
    int64_t picture, int64_t first, int64_t last, bool silu, const torch::Tensor& y) const {
  const int64_t channels = x_.size(1), width = x_.size(3);
  const int64_t pixels = (last - first) * width, part = std::max<int64_t>(1, 65536 / channels);
  const int64_t before = (picture * x_.size(2) + first) * width * channels;
  const auto scaling = static_cast<size_t>(picture * channels);
  with_number_of(x_, [&](auto number) {
    using T = decltype(number);
    const T* from = numbers<T>(x_) + before;
    T* to = numbers<T>(y);
    parallel_for((pixels + part - 1) / part, [&](int64_t begin, int64_t end) {
      const int64_t start = begin * part, stop = std::min(end * part, pixels);
      scale_channels(from + start * channels,
                     stop - start,
                     channels,
                     shift_.data() + scaling,
                     scale_.data() + scaling,
                     offset_.data_ptr<float>(),
                     silu,
                     to + start * channels);
    });
  });
}

GroupNormImpl::GroupNormImpl(int64_t groups, int64_t channels, double epsilon)
    : weight(register_parameter("weight", torch::ones({channels}))),
      bias(register_parameter("bias", torch::zeros({channels}))),
      groups_(groups),
      epsilon_(epsilon) {}

torch::Tensor GroupNormImpl::forward(const torch::Tensor& x, bool silu, const torch::Tensor& add) {
  return group_norm(x, weight, bias, groups_, epsilon_, silu, add);
}

MeasuredGroupNorm GroupNormImpl::measure(const torch::Tensor& x, const torch::Tensor& add) const {
  return {x, weight, bias, groups_, epsilon_, add};
}

void GroupNormImpl::prepare(torch::ScalarType) {
  for (torch::Tensor* parameter : {&weight, &bias}) {
    // A copy, so that the file they came from may go.
    parameter->set_data(
        parameter->to(torch::kFloat, /*non_blocking=*/false, /*copy=*/true).contiguous());
  }
}

}  // namespace lienzo::nn
