#include "lienzo/nn/fused_attention.h"

#include <torch/torch.h>
#include <torch/version.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "lienzo/base/error.h"

// LibTorch 2.0 brought fused attention for CUDA.
#if TORCH_VERSION_MAJOR >= 2
#include <ATen/ops/scaled_dot_product_attention.h>
#endif

namespace lienzo::nn {
namespace {

template <typename... Parts>
void expect(bool holds, const Parts&... parts) {
  if (holds) return;
  std::ostringstream message;
  message << "[fused_attention] ";
  (message << ... << parts);
  throw Error(ErrorKind::kInvalidInput, message.str());
}

void check(const torch::Tensor& q,
           const torch::Tensor& k,
           const torch::Tensor& v,
           int64_t heads,
           bool causal) {
  for (const torch::Tensor* x : {&q, &k, &v}) {
    expect(x->defined() && x->dim() == 3,
           "q, k and v must have three dimensions (batch, positions, width), got ",
           x->defined() ? x->dim() : 0);
    expect(x->is_floating_point(), "q, k and v must be floating-point, got ", x->dtype().name());
    expect(x->scalar_type() == q.scalar_type() && x->device() == q.device(),
           "q, k and v must share one type and one device, got ",
           x->toString(),
           " beside ",
           q.toString());
  }
  expect(k.sizes() == v.sizes() && k.size(0) == q.size(0) && k.size(2) == q.size(2),
         "the shapes do not fit together, got q ",
         q.sizes(),
         ", k ",
         k.sizes(),
         ", v ",
         v.sizes(),
         ", expected (B, T, W), (B, S, W), (B, S, W)");
  expect(heads > 0 && q.size(2) > 0 && q.size(2) % heads == 0,
         "the width must be a multiple of the number of heads, got width ",
         q.size(2),
         " and ",
         heads,
         " heads");
  expect(k.size(1) > 0, "there must be at least one key, got ", k.sizes());
  expect(!causal || q.size(1) == k.size(1),
         "causal attention needs as many keys as queries, got ",
         k.size(1),
         " and ",
         q.size(1));
}

torch::Tensor split_heads(const torch::Tensor& x, int64_t heads) {
  return x.unflatten(2, {heads, x.size(2) / heads}).transpose(1, 2);  // (B, H, T, D)
}

torch::Tensor scores_times_values(const torch::Tensor& q,
                                  const torch::Tensor& k,
                                  const torch::Tensor& v,
                                  bool causal) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(-1)));
  torch::Tensor scores = torch::matmul(q, k.transpose(-2, -1));  // (B, H, T, S)
  if (scores.scalar_type() != torch::kDouble) scores = scores.to(torch::kFloat);
  scores = scores * scale;
  if (causal) {
    const torch::Tensor later =
        torch::ones({q.size(2), k.size(2)}, q.options().dtype(torch::kBool)).triu(1);
    scores = scores.masked_fill(later, -std::numeric_limits<double>::infinity());
  }
  return torch::matmul(torch::softmax(scores, -1).to(v.scalar_type()), v);  // (B, H, T, D)
}

}  // namespace

torch::Tensor fused_attention_plain(const torch::Tensor& q,
                                    const torch::Tensor& k,
                                    const torch::Tensor& v,
                                    int64_t heads,
                                    bool causal) {
  check(q, k, v, heads, causal);
  // The processor's matrix products lack fp16.
  if (q.is_cpu() && q.scalar_type() == torch::kHalf) {
    const auto wide = [](const torch::Tensor& x) { return x.to(torch::kFloat); };
    return fused_attention_plain(wide(q), wide(k), wide(v), heads, causal).to(torch::kHalf);
  }
  const torch::Tensor qh = split_heads(q, heads), kh = split_heads(k, heads),
                      vh = split_heads(v, heads);
#if TORCH_VERSION_MAJOR >= 2
  const torch::Tensor mixed = q.is_cuda()
                                  ? at::scaled_dot_product_attention(qh, kh, vh, {}, 0.0, causal)
                                  : scores_times_values(qh, kh, vh, causal);
#else
  const torch::Tensor mixed = scores_times_values(qh, kh, vh, causal);
#endif
  return mixed.transpose(1, 2).flatten(2).contiguous();
}

torch::Tensor fused_attention(const torch::Tensor& q,
                              const torch::Tensor& k,
                              const torch::Tensor& v,
                              int64_t heads,
                              bool causal) {
  return fused_attention_plain(q, k, v, heads, causal);
}

}  // namespace lienzo::nn
