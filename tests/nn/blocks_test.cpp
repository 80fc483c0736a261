#include <gtest/gtest.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <map>

#include "lienzo/nn/attention.h"
#include "lienzo/nn/resnet_block.h"
#include "lienzo/nn/transformer_block.h"
#include "naive.h"

namespace lienzo::nn {
namespace {

constexpr double kTolerance = 1e-5;  // of the largest number; fp32 against fp64

std::map<std::string, torch::Tensor> weights_of(const torch::nn::Module& module) {
  std::map<std::string, torch::Tensor> weights;
  for (const auto& item : module.named_parameters())
    weights[item.key()] = naive::wide(item.value());
  return weights;
}

// (T, heads * D) with one head's columns.
torch::Tensor head_of(const torch::Tensor& x, int64_t head, int64_t heads) {
  const int64_t width = x.size(1) / heads;
  return x.narrow(1, head * width, width).contiguous();
}

// x (T, width) attends to source (S, context); bias (S).
torch::Tensor naive_multi_head(std::map<std::string, torch::Tensor>& w,
                               const std::string& prefix,
                               const torch::Tensor& x,
                               const torch::Tensor& source,
                               const torch::Tensor& bias,
                               int64_t heads) {
  const torch::Tensor q = naive::linear(x, w[prefix + "to_q.weight"]);
  const torch::Tensor k = naive::linear(source, w[prefix + "to_k.weight"]);
  const torch::Tensor v = naive::linear(source, w[prefix + "to_v.weight"]);
  std::vector<torch::Tensor> parts;
  for (int64_t h = 0; h < heads; ++h) {
    parts.push_back(
        naive::attention(head_of(q, h, heads), head_of(k, h, heads), head_of(v, h, heads), bias));
  }
  return naive::linear(
      torch::cat(parts, 1), w[prefix + "to_out.weight"], w[prefix + "to_out.bias"]);
}

TEST(MultiHeadAttention, CrossAttentionWithHiddenPositions) {
  MultiHeadAttention attention(/*width=*/12, /*context_width=*/8, /*heads=*/3);
  naive::randomize(*attention, 1);
  const torch::Tensor x = torch::randn({2, 5, 12}), context = torch::randn({2, 7, 8});
  torch::Tensor bias = torch::zeros({2, 1, 1, 7});
  bias[1].slice(2, 4).fill_(-1e9);  // the second text is shorter
  const torch::Tensor got = attention(x, context, bias);
  auto w = weights_of(*attention);
  for (int64_t b = 0; b < 2; ++b) {
    EXPECT_LE(
        naive::error(
            got[b],
            naive_multi_head(
                w, "", naive::wide(x[b]), naive::wide(context[b]), naive::wide(bias[b][0][0]), 3)),
        kTolerance);
  }
}

TEST(MultiHeadAttention, CacheEqualsWholeSequence) {
  MultiHeadAttention attention(8, 8, 2);
  naive::randomize(*attention, 2);
  const torch::Tensor x = torch::randn({1, 6, 8});
  const torch::Tensor causal = torch::full({6, 6}, -1e9).triu(1);
  const torch::Tensor whole = attention(x, torch::Tensor(), causal);
  KeyValueCache cache;
  for (int64_t t = 0; t < 6; ++t) {
    const torch::Tensor one =
        attention(x.narrow(1, t, 1), torch::Tensor(), torch::Tensor(), &cache);
    EXPECT_TRUE(torch::allclose(one[0][0], whole[0][t], 1e-5, 1e-5)) << t;
  }
}

TEST(TransformerBlock, EqualsTheFormula) {
  TransformerBlock block(/*width=*/12, /*heads=*/2);
  naive::randomize(*block, 3);
  const torch::Tensor x = torch::randn({1, 6, 12});
  auto w = weights_of(*block);
  const torch::Tensor start = naive::wide(x[0]), normal = naive::rms_rows(start);
  const torch::Tensor seen = torch::zeros({6}, torch::kDouble);
  const torch::Tensor attended = start + naive_multi_head(w, "attn.", normal, normal, seen, 2);
  torch::Tensor inner = naive::linear(naive::rms_rows(attended), w["up.weight"], w["up.bias"]);
  inner = inner.clamp_min(0).square();
  const torch::Tensor expected = attended + naive::linear(inner, w["down.weight"], w["down.bias"]);
  EXPECT_LE(naive::error(block(x, torch::Tensor())[0], expected), kTolerance);
}

torch::Tensor naive_pixel_norm(const torch::Tensor& x) {  // (C, H, W), over the channels
  const torch::Tensor rows = x.flatten(1).t().contiguous();
  return naive::rms_rows(rows).t().reshape(x.sizes()).contiguous();
}

torch::Tensor naive_silu(const torch::Tensor& x) { return x / (1 + torch::exp(-x)); }

TEST(ResnetBlock, EqualsTheFormula) {
  for (const int64_t out : {4, 6}) {  // without and with a shortcut convolution
    ResnetBlock block(/*in_channels=*/4, out, /*embedding_width=*/5);
    naive::randomize(*block, 4);
    const torch::Tensor x = torch::randn({1, 4, 5, 3}), embedding = torch::randn({1, 5});
    auto w = weights_of(*block);
    const torch::Tensor start = naive::wide(x[0]);
    torch::Tensor h =
        naive::convolution(naive_silu(naive_pixel_norm(start)), w["conv1.weight"], w["conv1.bias"]);
    const torch::Tensor modulation =
        naive::linear(naive::wide(embedding), w["modulation.weight"], w["modulation.bias"])[0];
    const torch::Tensor scale = modulation.narrow(0, 0, out).view({out, 1, 1});
    const torch::Tensor shift = modulation.narrow(0, out, out).view({out, 1, 1});
    h = naive_silu(naive_pixel_norm(h) * (1 + scale) + shift).contiguous();
    h = naive::convolution(h, w["conv2.weight"], w["conv2.bias"]);
    const torch::Tensor past =
        out == 4 ? start : naive::convolution(start, w["shortcut.weight"], w["shortcut.bias"]);
    EXPECT_LE(naive::error(block(x, embedding)[0], past + h), kTolerance) << out;
  }
}

TEST(Blocks, StartAsTheIdentity) {
  torch::manual_seed(5);
  const torch::Tensor tokens = torch::randn({2, 3, 8}), picture = torch::randn({2, 4, 6, 6});
  EXPECT_TRUE(torch::equal(TransformerBlock(8, 2)(tokens, torch::Tensor()), tokens));
  EXPECT_TRUE(torch::equal(ResnetBlock(4, 4, 5)(picture, torch::randn({2, 5})), picture));
}

}  // namespace
}  // namespace lienzo::nn
