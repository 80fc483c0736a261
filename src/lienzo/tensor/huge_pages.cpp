#include "lienzo/tensor/huge_pages.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

namespace lienzo::tensor {
namespace {

constexpr size_t kPage = size_t{2} << 20, kLarge = 2 * kPage;

// LibTorch's own allocator, except for large blocks. Both kinds are freed alike.
class HugePageAllocator final : public c10::Allocator {
 public:
  // All override; versions of LibTorch differ in which of the first three they declare.
  // NOLINTNEXTLINE(modernize-use-override)
  c10::DataPtr allocate(size_t bytes) const { return block(bytes); }
  c10::DataPtr allocate(size_t bytes) { return block(bytes); }
  void copy_data(void* to, const void* from, size_t bytes) const { std::memcpy(to, from, bytes); }
  c10::DeleterFnPtr raw_deleter() const override { return &c10::free_cpu; }

 private:
  static c10::DataPtr block(size_t bytes) {
    void* data = nullptr;
    if (bytes >= kLarge) {
      data = std::aligned_alloc(kPage, (bytes + kPage - 1) / kPage * kPage);
      if (data) madvise(data, bytes, MADV_HUGEPAGE);
    }
    if (!data) data = c10::alloc_cpu(bytes);  // whose error says how much was wanted
    return {data, data, &c10::free_cpu, c10::Device(c10::DeviceType::CPU)};
  }
};

}  // namespace

void use_huge_pages() {
  static HugePageAllocator allocator;
  c10::SetCPUAllocator(&allocator);
}

}  // namespace lienzo::tensor
