#pragma once

#include <cstdint>

namespace lienzo::nn {

/// Instruction sets with a kernel of their own, the fastest last.
enum class AttentionIsa { kPortable, kAvx2, kAvx512, kAvx512Bf16 };

/// What the numbers of the inputs and of the result are.
enum class AttentionType { kFloat, kBFloat16 };

/// One head of one picture. Rows are `dim` numbers without gaps; a stride says how many numbers lie
/// from one row to the next.
struct AttentionHead {
  const void* q = nullptr;  // (queries, dim)
  const void* k = nullptr;  // (keys, dim)
  const void* v = nullptr;  // (keys, dim)
  void* out = nullptr;      // (queries, dim)
  int64_t q_stride = 0, k_stride = 0, v_stride = 0, out_stride = 0;
  int64_t queries = 0;
  int64_t keys = 0;  // at least 1
  int64_t dim = 0;
  bool causal = false;  // hides key s > t from query t
};

/// softmax(Q K^T / sqrt(dim)) V in blocks of keys with the running maximum and sum of Milakov &
/// Gimelshein 2018 (arXiv:1805.02867, algorithm 3), as Dao et al. 2022 (FlashAttention,
/// arXiv:2205.14135, algorithm 1) arrange it: exact, and no more than one block of scores exists.
/// A query's numbers depend on nothing but its own row, the keys and the values, so any division of
/// the work gives the same result.
///
/// First pack() brings the keys and values of a head into the order in which they are read; then
/// attend() answers queries. `packed` (packed_floats of them) and `scratch` (scratch_floats, one
/// per thread) are aligned to 64 bytes; the packed heads may follow one another without a gap.
struct AttentionKernel {
  int64_t key_block = 0;    // pack() takes ranges that begin at a multiple of this
  int64_t query_block = 0;  // attend() takes ranges of at most this many
  int64_t (*packed_floats)(int64_t keys, int64_t dim) = nullptr;
  int64_t (*scratch_floats)(int64_t dim) = nullptr;
  void (*pack)(const AttentionHead& head,
               int64_t first_key,
               int64_t last_key,
               float* packed) = nullptr;
  void (*attend)(const AttentionHead& head,
                 const float* packed,
                 int64_t first_query,
                 int64_t last_query,
                 float* scratch) = nullptr;
};

/// Whether this machine, and this build, can run that kernel.
bool has_attention_isa(AttentionIsa isa);

/// The fastest kernel's instruction set here.
AttentionIsa best_attention_isa();

/// The kernel of an instruction set that the machine has. Numbers in bf16 are multiplied as such
/// with kAvx512Bf16, and widened to fp32 with the others; sums are fp32 always.
const AttentionKernel& attention_kernel(AttentionIsa isa, AttentionType type);

}  // namespace lienzo::nn
