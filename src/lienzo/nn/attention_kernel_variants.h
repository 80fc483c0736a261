#pragma once

#include "lienzo/nn/attention_kernel.h"

namespace lienzo::nn {

// One pair per source that is compiled for an instruction set of its own.
extern const AttentionKernel kAttentionPortableFloat, kAttentionPortableBFloat16;
#if defined(__x86_64__)
extern const AttentionKernel kAttentionAvx2Float, kAttentionAvx2BFloat16;
extern const AttentionKernel kAttentionAvx512Float, kAttentionAvx512BFloat16;
extern const AttentionKernel kAttentionAvx512Bf16;
#endif

}  // namespace lienzo::nn
