#include "lienzo/nn/attention_kernel.h"

#include "lienzo/nn/attention_kernel_variants.h"

namespace lienzo::nn {

#if defined(__x86_64__)

bool has_attention_isa(AttentionIsa isa) {
  switch (isa) {
    case AttentionIsa::kPortable: return true;
    case AttentionIsa::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case AttentionIsa::kAvx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    case AttentionIsa::kAvx512Bf16:
      return has_attention_isa(AttentionIsa::kAvx512) && __builtin_cpu_supports("avx512bf16");
  }
  return false;
}

AttentionIsa best_attention_isa() {
  if (has_attention_isa(AttentionIsa::kAvx512Bf16)) return AttentionIsa::kAvx512Bf16;
  if (has_attention_isa(AttentionIsa::kAvx512)) return AttentionIsa::kAvx512;
  if (has_attention_isa(AttentionIsa::kAvx2)) return AttentionIsa::kAvx2;
  return AttentionIsa::kPortable;
}

const AttentionKernel& attention_kernel(AttentionIsa isa, AttentionType type) {
  const bool wide = type == AttentionType::kFloat;
  switch (isa) {
    case AttentionIsa::kAvx512Bf16: return wide ? kAttentionAvx512Float : kAttentionAvx512Bf16;
    case AttentionIsa::kAvx512: return wide ? kAttentionAvx512Float : kAttentionAvx512BFloat16;
    case AttentionIsa::kAvx2: return wide ? kAttentionAvx2Float : kAttentionAvx2BFloat16;
    case AttentionIsa::kPortable: break;
  }
  return wide ? kAttentionPortableFloat : kAttentionPortableBFloat16;
}

#else

bool has_attention_isa(AttentionIsa isa) { return isa == AttentionIsa::kPortable; }

AttentionIsa best_attention_isa() { return AttentionIsa::kPortable; }

const AttentionKernel& attention_kernel(AttentionIsa, AttentionType type) {
  return type == AttentionType::kFloat ? kAttentionPortableFloat : kAttentionPortableBFloat16;
}

#endif

}  // namespace lienzo::nn
