#pragma once

#include <torch/types.h>

namespace lienzo::nn {

enum class AttentionIsa;

/// softmax(Q K^T / sqrt(D)) V for each of `heads` heads (Vaswani et al. 2017, arXiv:1706.03762,
/// equation 1), on inputs as linear layers give them: q (B, T, H D), k and v (B, S, H D), head h in
/// columns h D to (h + 1) D. Rows may have any stride, so slices of one fused projection need no
/// copy. `causal` hides s > t from position t and needs T == S. Returns (B, T, H D), contiguous, in
/// the type of q.
///
/// On the CPU, fp32 and bf16 without gradients take our own kernel, which never holds the matrix of
/// scores; everything else takes fused_attention_plain. The numbers do not depend on how many
/// threads there are. Throws Error{kInvalidInput} for shapes, types or devices that do not fit
/// together.
torch::Tensor fused_attention(const torch::Tensor& q,
                              const torch::Tensor& k,
                              const torch::Tensor& v,
                              int64_t heads,
                              bool causal = false);

/// The same by the kernel of one instruction set (attention_kernel.h), for fp32 and bf16 on the CPU
/// and without gradients: for tests and benchmarks. Throws Error{kUnsupported} where the machine
/// lacks it.
torch::Tensor fused_attention_with(AttentionIsa isa,
                                   const torch::Tensor& q,
                                   const torch::Tensor& k,
                                   const torch::Tensor& v,
                                   int64_t heads,
                                   bool causal = false);

/// The same in tensor operations, softmax in fp32 or better: the way of other devices, of other
/// types and of gradients, and the reference of the tests.
torch::Tensor fused_attention_plain(const torch::Tensor& q,
                                    const torch::Tensor& k,
                                    const torch::Tensor& v,
                                    int64_t heads,
                                    bool causal = false);

}  // namespace lienzo::nn
