#include <benchmark/benchmark.h>
#include <torch/types.h>

#include <string>
#include <utility>

#include "ceiling.h"
#include "lienzo/nn/attention_kernel.h"
#include "lienzo/nn/fused_attention.h"

namespace lienzo {
namespace {

struct Shape {
  const char* name;
  int64_t batch, queries, keys, heads, dim;
  double operations() const {
    return 4.0 * static_cast<double>(batch * heads * queries * keys * dim);
  }
};

// Stable Diffusion 1.5 at 512 x 512 with guidance, its text, SDXL at 1024 x 1024, and the middle of
// the autoencoder.
constexpr Shape kShapes[] = {
    {"sd15_4096", 2, 4096, 4096, 8, 40},
    {"sd15_1024", 2, 1024, 1024, 8, 80},
    {"sd15_256", 2, 256, 256, 8, 160},
    {"sd15_64", 2, 64, 64, 8, 160},
    {"sd15_text_4096", 2, 4096, 77, 8, 40},
    {"sd15_text_1024", 2, 1024, 77, 8, 80},
    {"sdxl_4096", 2, 4096, 4096, 10, 64},
    {"sdxl_1024", 2, 1024, 1024, 20, 64},
    {"autoencoder_4096", 1, 4096, 4096, 1, 512},
};

template <typename Attention>
void measure(benchmark::State& state,
             const Shape& shape,
             at::ScalarType type,
             Attention attention) {
  const c10::InferenceMode inference;
  const int64_t width = shape.heads * shape.dim;
  const auto q = torch::randn({shape.batch, shape.queries, width}).to(type);
  const auto k = torch::randn({shape.batch, shape.keys, width}).to(type);
  const auto v = torch::randn({shape.batch, shape.keys, width}).to(type);
  for (auto _ : state) benchmark::DoNotOptimize(attention(q, k, v, shape.heads));
  state.counters["share_of_ceiling"] = benchmark::Counter(
      shape.operations() * static_cast<double>(state.iterations()) / bench::matrix_ceiling(type),
      benchmark::Counter::kIsRate);
}

[[maybe_unused]] const bool kRegistered = [] {
  using nn::AttentionIsa;
  const auto add =
      [](const std::string& way, const Shape& shape, at::ScalarType type, auto attention) {
        const std::string name = "attention/" + std::string(type == at::kFloat ? "fp32" : "bf16") +
                                 "/" + way + "/" + shape.name;
        benchmark::RegisterBenchmark(
            name.c_str(), [=](benchmark::State& state) { measure(state, shape, type, attention); })
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime();
      };
  for (const auto type : {at::kBFloat16, at::kFloat}) {
    for (const auto& [isa, way] : {std::pair{AttentionIsa::kAvx512Bf16, "avx512_bf16"},
                                   std::pair{AttentionIsa::kAvx512, "avx512"},
                                   std::pair{AttentionIsa::kAvx2, "avx2"},
                                   std::pair{AttentionIsa::kPortable, "portable"}}) {
      if (!nn::has_attention_isa(isa)) continue;
      if (isa == AttentionIsa::kAvx512Bf16 && type == at::kFloat) continue;
      for (const Shape& shape : kShapes)
        add(way,
            shape,
            type,
            [isa = isa](const auto& q, const auto& k, const auto& v, int64_t heads) {
              return nn::fused_attention_with(isa, q, k, v, heads);
            });
    }
    // The largest would hold a matrix of scores of more than 1 GB.
    add("plain", kShapes[1], type, [](const auto& q, const auto& k, const auto& v, int64_t heads) {
      return nn::fused_attention_plain(q, k, v, heads);
    });
  }
  return true;
}();

}  // namespace
}  // namespace lienzo
