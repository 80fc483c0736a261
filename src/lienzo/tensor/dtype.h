#pragma once

#include <torch/types.h>

#include <string>
#include <string_view>

namespace lienzo::tensor {

/// The type that `text` names: fp32|float32|f32, fp16|float16|f16|half, bf16|bfloat16.
/// Throws kInvalidInput for anything else.
torch::ScalarType parse_dtype(std::string_view text);

/// The short name, as parse_dtype reads it: "fp32", "bf16"...; for other types a descriptive name
/// ("int64").
std::string dtype_name(torch::ScalarType dtype);

/// Whether this processor multiplies bf16 in hardware (AVX512-BF16 or AMX-BF16). Without it bf16 on
/// the CPU is slower than fp32. Asked from the processor once (Intel SDM, CPUID leaf 7).
bool processor_has_bf16();

/// The fastest type for networks on `device`: on the CPU bf16 where processor_has_bf16(), else
/// fp32; on a GPU fp16, which all of them have.
torch::ScalarType fast_dtype(const torch::Device& device);

}  // namespace lienzo::tensor
