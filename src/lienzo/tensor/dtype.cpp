#include "lienzo/tensor/dtype.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "lienzo/base/error.h"

namespace lienzo::tensor {

namespace {

#if defined(__x86_64__) || defined(__i386__)
bool detect_bf16() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & (1U << 27))) return false;  // OSXSAVE
  // The processor may know the instructions while the operating system does not save their
  // registers.
  unsigned xcr0 = 0, xcr0_high = 0;
  __asm__("xgetbv" : "=a"(xcr0), "=d"(xcr0_high) : "c"(0));
  const bool os_avx512 = (xcr0 & 0xe6) == 0xe6;
  const bool os_amx = (xcr0 & 0x60000) == 0x60000;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  const unsigned last_subleaf = a;
  if (os_amx && (d & (1U << 22))) return true;  // AMX-BF16
  if (last_subleaf < 1 || !__get_cpuid_count(7, 1, &a, &b, &c, &d)) return false;
  return os_avx512 && (a & (1U << 5));  // AVX512_BF16
}
#else
bool detect_bf16() { return false; }
#endif

}  // namespace

torch::ScalarType parse_dtype(std::string_view text) {
  if (text == "fp32" || text == "float32" || text == "f32") return torch::kFloat32;
  if (text == "fp16" || text == "float16" || text == "f16" || text == "half")
    return torch::kFloat16;
  if (text == "bf16" || text == "bfloat16") return torch::kBFloat16;
  throw Error(ErrorKind::kInvalidInput,
              "[dtype] unknown type, got '" + std::string(text) + "', expected fp32, fp16 or bf16");
}

std::string dtype_name(torch::ScalarType dtype) {
  switch (dtype) {
    case torch::kFloat64: return "fp64";
    case torch::kFloat32: return "fp32";
    case torch::kFloat16: return "fp16";
    case torch::kBFloat16: return "bf16";
    case torch::kInt64: return "int64";
    case torch::kInt32: return "int32";
    case torch::kInt16: return "int16";
    case torch::kInt8: return "int8";
    case torch::kUInt8: return "uint8";
    case torch::kBool: return "bool";
    default: return c10::toString(dtype);
  }
}

bool processor_has_bf16() {
  static const bool found = detect_bf16();
  return found;
}

torch::ScalarType fast_dtype(const torch::Device& device) {
  if (device.is_cpu()) return processor_has_bf16() ? torch::kBFloat16 : torch::kFloat32;
  return torch::kFloat16;
}

}  // namespace lienzo::tensor
