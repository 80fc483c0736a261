#include "lienzo/nn/fused_attention.h"

#include <torch/types.h>
#include <torch/utils.h>
#include <torch/version.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "lienzo/base/error.h"
#include "lienzo/nn/attention_kernel.h"
#include "lienzo/nn/kernel_tensor.h"
#include "lienzo/nn/parallel.h"

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

// The first number of a batch's row 0 and head `head`.
const void* head_of(const torch::Tensor& x, int64_t batch, int64_t head, int64_t dim) {
  return static_cast<const char*>(x.data_ptr()) +
         (batch * x.stride(0) + head * dim) * static_cast<int64_t>(x.element_size());
}

// Inputs are checked, on the CPU, and of the kernel's type.
torch::Tensor run_kernel(const AttentionKernel& kernel,
                         const torch::Tensor& q_in,
                         const torch::Tensor& k_in,
                         const torch::Tensor& v_in,
                         int64_t heads,
                         bool causal) {
  const auto with_whole_rows = [](const torch::Tensor& x) {
    return x.stride(2) == 1 ? x : x.contiguous();
  };
  const torch::Tensor q = with_whole_rows(q_in), k = with_whole_rows(k_in),
                      v = with_whole_rows(v_in);
  const int64_t queries = q.size(1), keys = k.size(1), dim = q.size(2) / heads;
  torch::Tensor out = torch::empty(q.sizes(), q.options());
  const int64_t all_heads = q.size(0) * heads;
  const auto head_at = [&](int64_t index) {
    const int64_t batch = index / heads, head = index % heads;
    return AttentionHead{.q = head_of(q, batch, head, dim),
                         .k = head_of(k, batch, head, dim),
                         .v = head_of(v, batch, head, dim),
                         .out = const_cast<void*>(head_of(out, batch, head, dim)),
                         .q_stride = q.stride(1),
                         .k_stride = k.stride(1),
                         .v_stride = v.stride(1),
                         .out_stride = out.stride(1),
                         .queries = queries,
                         .keys = keys,
                         .dim = dim,
                         .causal = causal};
  };
  // Calls work(index of the head, first, last) for every block of `length` things of every head.
  const auto for_blocks = [&](int64_t length, int64_t block, const auto& work) {
    const int64_t blocks = (length + block - 1) / block;
    parallel_for(all_heads * blocks, [&](int64_t begin, int64_t end) {
      const torch::Tensor scratch = torch::empty({kernel.scratch_floats(dim)}, torch::kFloat);
      for (int64_t i = begin; i < end; ++i) {
        const int64_t first = i % blocks * block;
        work(i / blocks, first, std::min(first + block, length), scratch.data_ptr<float>());
      }
    });
  };

  const int64_t packed_floats = kernel.packed_floats(keys, dim);
  const torch::Tensor packed = torch::empty({all_heads, packed_floats}, torch::kFloat);
  const auto packed_of = [&](int64_t head) {
    return packed.data_ptr<float>() + head * packed_floats;
  };
  for_blocks(keys, kernel.key_block, [&](int64_t head, int64_t first, int64_t last, float*) {
    kernel.pack(head_at(head), first, last, packed_of(head));
  });
  for_blocks(
      queries, kernel.query_block, [&](int64_t head, int64_t first, int64_t last, float* scratch) {
        kernel.attend(head_at(head), packed_of(head), first, last, scratch);
      });
  return out;
}

AttentionType kernel_type(const torch::Tensor& x) {
  return x.scalar_type() == torch::kFloat ? AttentionType::kFloat : AttentionType::kBFloat16;
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

torch::Tensor fused_attention_with(AttentionIsa isa,
                                   const torch::Tensor& q,
                                   const torch::Tensor& k,
                                   const torch::Tensor& v,
                                   int64_t heads,
                                   bool causal) {
  check(q, k, v, heads, causal);
  if (!has_attention_isa(isa) || !has_kernel(q)) {
    throw Error(ErrorKind::kUnsupported,
                "[fused_attention] this machine has no such kernel for " + q.toString() +
                    ", expected fp32 or bf16 on a CPU with that instruction set");
  }
  return run_kernel(attention_kernel(isa, kernel_type(q)), q, k, v, heads, causal);
}

torch::Tensor fused_attention(const torch::Tensor& q,
                              const torch::Tensor& k,
                              const torch::Tensor& v,
                              int64_t heads,
                              bool causal) {
  check(q, k, v, heads, causal);
  const bool learns = torch::GradMode::is_enabled() &&
                      (q.requires_grad() || k.requires_grad() || v.requires_grad());
  if (learns || !has_kernel(q)) return fused_attention_plain(q, k, v, heads, causal);
  const AttentionIsa isa = best_attention_isa();
  return run_kernel(attention_kernel(isa, kernel_type(q)), q, k, v, heads, causal);
}

}  // namespace lienzo::nn
