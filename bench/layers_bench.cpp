#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>

#include "ceiling.h"
#include "lienzo/nn/activations.h"
#include "lienzo/nn/conv2d.h"
#include "lienzo/nn/group_norm.h"
#include "lienzo/nn/layer_norm.h"
#include "lienzo/nn/linear.h"
#include "lienzo/nn/upsample.h"
#include "lienzo/tensor/huge_pages.h"

/// The layers of Stable Diffusion 1.5 at 512 x 512, prepared for inference, each beside the plain
/// operation of LibTorch in the same loop.
namespace lienzo {
namespace {

constexpr auto kChannelsLast = torch::MemoryFormat::ChannelsLast;

template <typename Work>
double seconds(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  benchmark::DoNotOptimize(work());
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Times both in turn, so that a disturbance hits both. Returns the best time of ours.
template <typename Ours, typename Plain>
double measure(benchmark::State& state, const Ours& ours, const Plain& plain) {
  double best = std::numeric_limits<double>::infinity(), best_plain = best;
  ours();
  plain();
  for (auto _ : state) {
    const double time = seconds(ours);
    state.SetIterationTime(time);
    best = std::min(best, time);
    best_plain = std::min(best_plain, seconds(plain));
  }
  state.counters["times_plain"] = best_plain / best;
  return best;
}

struct Convolution {
  int64_t batch, in, out, size, kernel = 3, stride = 1;
};

void convolution(benchmark::State& state, const Convolution& shape, at::ScalarType type) {
  const c10::InferenceMode inference;
  const int64_t padding = shape.kernel / 2;
  nn::Conv2d layer(nn::Conv2dOptions{.in = shape.in,
                                     .out = shape.out,
                                     .kernel = shape.kernel,
                                     .stride = shape.stride,
                                     .padding = padding});
  const auto weight = layer->weight.detach().to(type).contiguous(kChannelsLast);
  const auto bias = layer->bias.detach().to(type);
  layer->prepare(type);
  const auto x = torch::randn({shape.batch, shape.in, shape.size, shape.size})
                     .to(type)
                     .contiguous(kChannelsLast);
  const double best = measure(
      state,
      [&] { return layer(x); },
      [&] { return torch::conv2d(x, weight, bias, shape.stride, padding); });
  const double pixels = static_cast<double>(shape.size * shape.size) /
                        static_cast<double>(shape.stride * shape.stride);
  const double operations =
      2.0 * pixels *
      static_cast<double>(shape.batch * shape.in * shape.out * shape.kernel * shape.kernel);
  state.counters["share_of_ceiling"] = operations / best / bench::layer_ceiling(type);
}

struct Product {
  int64_t rows, in, out;
};

void linear(benchmark::State& state, const Product& shape, at::ScalarType type) {
  const c10::InferenceMode inference;
  nn::Linear layer(shape.in, shape.out);
  const auto weight = layer->weight.detach().to(type).clone();
  const auto bias = layer->bias.detach().to(type);
  layer->prepare(type);
  const auto x = torch::randn({shape.rows, shape.in}).to(type);
  const double best = measure(
      state, [&] { return layer(x); }, [&] { return torch::linear(x, weight, bias); });
  state.counters["share_of_ceiling"] = 2.0 *
                                       static_cast<double>(shape.rows * shape.in * shape.out) /
                                       best / bench::layer_ceiling(type);
}

// `moved` is how many numbers the work must read and write at least.
template <typename Ours, typename Plain>
void memory_work(benchmark::State& state,
                 int64_t moved,
                 at::ScalarType type,
                 const Ours& ours,
                 const Plain& plain) {
  const double best = measure(state, ours, plain);
  const auto bytes = moved * static_cast<int64_t>(c10::elementSize(type));
  state.counters["times_a_copy"] = best / bench::copy_seconds(bytes / 2);
}

struct Picture {
  int64_t batch, channels, size;
};

void group_norm_silu(benchmark::State& state, const Picture& shape, at::ScalarType type) {
  const c10::InferenceMode inference;
  const auto x = torch::randn({shape.batch, shape.channels, shape.size, shape.size})
                     .to(type)
                     .contiguous(kChannelsLast);
  const auto w = torch::ones({shape.channels}), b = torch::zeros({shape.channels});
  const auto plain_w = w.to(type), plain_b = b.to(type);
  memory_work(
      state,
      3 * x.numel(),
      type,
      [&] { return nn::group_norm(x, w, b, 32, 1e-5, /*silu=*/true); },
      [&] { return torch::silu(torch::group_norm(x, 32, plain_w, plain_b)); });
}

void upsample(benchmark::State& state, const Picture& shape, at::ScalarType type) {
  const c10::InferenceMode inference;
  const auto x = torch::randn({shape.batch, shape.channels, shape.size, shape.size})
                     .to(type)
                     .contiguous(kChannelsLast);
  memory_work(
      state,
      5 * x.numel(),
      type,
      [&] { return nn::upsample_twice(x); },
      [&] { return x.repeat_interleave(2, 2).repeat_interleave(2, 3); });
}

void concatenate(benchmark::State& state, const Picture& shape, at::ScalarType type) {
  const c10::InferenceMode inference;
  const auto x = torch::randn({shape.batch, shape.channels, shape.size, shape.size})
                     .to(type)
                     .contiguous(kChannelsLast);
  const auto run = [&] { return torch::cat({x, x}, 1); };
  memory_work(state, 4 * x.numel(), type, run, run);
}

void layer_norm(benchmark::State& state, const Product& shape, at::ScalarType type) {
  const c10::InferenceMode inference;
  const auto x = torch::randn({shape.rows, shape.in}).to(type);
  const auto w = torch::ones({shape.in}), b = torch::zeros({shape.in});
  const auto plain_w = w.to(type), plain_b = b.to(type);
  memory_work(
      state,
      2 * x.numel(),
      type,
      [&] { return nn::layer_norm(x, w, b); },
      [&] { return torch::layer_norm(x, {shape.in}, plain_w, plain_b); });
}

void geglu(benchmark::State& state, const Product& shape, at::ScalarType type) {
  const c10::InferenceMode inference;
  const auto x = torch::randn({shape.rows, 2 * shape.out}).to(type);
  memory_work(
      state,
      x.numel() * 3 / 2,
      type,
      [&] { return nn::geglu(x); },
      [&] { return nn::geglu_plain(x); });
}

template <typename Shape, typename Run>
void add(const std::string& name, const Shape& shape, Run run) {
  for (const auto type : {at::kBFloat16, at::kFloat}) {
    benchmark::RegisterBenchmark(
        fmt::format("layers/{}/{}", type == at::kFloat ? "fp32" : "bf16", name).c_str(),
        [=](benchmark::State& state) { run(state, shape, type); })
        ->Unit(benchmark::kMillisecond)
        ->UseManualTime();
  }
}

[[maybe_unused]] const bool kRegistered = [] {
  tensor::use_huge_pages();  // as the program does
  for (const Convolution& c :
       {Convolution{2, 4, 320, 64},         Convolution{2, 320, 320, 64},
        Convolution{2, 960, 320, 64},       Convolution{2, 320, 4, 64},
        Convolution{2, 320, 320, 64, 3, 2}, Convolution{2, 640, 640, 32},
        Convolution{2, 1920, 640, 32},      Convolution{2, 1280, 1280, 16},
        Convolution{2, 2560, 1280, 16},     Convolution{2, 1280, 1280, 8},
        Convolution{2, 2560, 1280, 8},      Convolution{1, 1280, 1280, 8},
        Convolution{2, 960, 320, 64, 1},    Convolution{2, 2560, 1280, 16, 1},
        Convolution{2, 2560, 1280, 8, 1},   Convolution{1, 512, 512, 64},
        Convolution{1, 512, 512, 128},      Convolution{1, 256, 256, 256},
        Convolution{1, 128, 128, 512},      Convolution{1, 128, 3, 512}}) {
    add(fmt::format("conv{}x{}{}/{}x{}x{}x{}_{}",
                    c.kernel,
                    c.kernel,
                    c.stride > 1 ? "_stride2" : "",
                    c.batch,
                    c.in,
                    c.size,
                    c.size,
                    c.out),
        c,
        convolution);
  }
  for (const Product& p : {Product{8192, 320, 320},
                           Product{8192, 320, 2560},
                           Product{8192, 1280, 320},
                           Product{4096, 320, 320},
                           Product{2048, 640, 640},
                           Product{2048, 640, 5120},
                           Product{2048, 2560, 640},
                           Product{512, 1280, 1280},
                           Product{512, 1280, 10240},
                           Product{512, 5120, 1280},
                           Product{128, 1280, 1280},
                           Product{128, 1280, 10240},
                           Product{154, 768, 320},
                           Product{154, 768, 1280},
                           Product{2, 1280, 1280},
                           Product{77, 768, 3072},
                           Product{77, 3072, 768}})
    add(fmt::format("linear/{}x{}_{}", p.rows, p.in, p.out), p, linear);
  for (const Picture& p : {Picture{2, 320, 64},
                           Picture{2, 960, 64},
                           Picture{2, 640, 32},
                           Picture{2, 1280, 16},
                           Picture{2, 2560, 8},
                           Picture{1, 512, 128},
                           Picture{1, 128, 512}})
    add(fmt::format("group_norm_silu/{}x{}x{}x{}", p.batch, p.channels, p.size, p.size),
        p,
        group_norm_silu);
  for (const Picture& p : {Picture{2, 640, 32}, Picture{2, 1280, 8}, Picture{1, 256, 256}})
    add(fmt::format("upsample/{}x{}x{}x{}", p.batch, p.channels, p.size, p.size), p, upsample);
  for (const Picture& p : {Picture{2, 320, 64}, Picture{2, 640, 32}, Picture{2, 1280, 16}})
    add(fmt::format("concatenate/{}x{}x{}x{}", p.batch, p.channels, p.size, p.size),
        p,
        concatenate);
  for (const Product& p : {Product{8192, 320, 0}, Product{2048, 640, 0}, Product{512, 1280, 0}})
    add(fmt::format("layer_norm/{}x{}", p.rows, p.in), p, layer_norm);
  for (const Product& p : {Product{8192, 0, 1280}, Product{2048, 0, 2560}, Product{512, 0, 5120}})
    add(fmt::format("geglu/{}x{}", p.rows, p.out), p, geglu);
  return true;
}();

}  // namespace
}  // namespace lienzo
