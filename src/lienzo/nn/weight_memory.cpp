#include "lienzo/nn/weight_memory.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

#include "lienzo/base/error.h"
#include "lienzo/base/pages.h"

namespace lienzo::nn {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kMapping = size_t{256} << 20;
constexpr size_t kAlignment = 64;

size_t rounded_up(size_t size, size_t multiple) {
  return (size + multiple - 1) / multiple * multiple;
}

/// Pages that nobody has touched yet. What is not touched takes no memory.
class PageMapping {
 public:
  explicit PageMapping(size_t bytes) : size_(rounded_up(bytes, kHugePage) + kHugePage) {
    void* data = ::mmap(
        nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data == MAP_FAILED) {
      throw Error(ErrorKind::kOutOfMemory,
                  fmt::format("[weights] the system has no {} MB more; close other programs",
                              bytes / 1'000'000));
    }
    data_ = static_cast<std::byte*>(data);
    const auto address = reinterpret_cast<uintptr_t>(data_);
    used_ = rounded_up(address, kHugePage) - address;
#ifdef MADV_HUGEPAGE
    ::madvise(
        data_ + used_, size_ - used_, MADV_HUGEPAGE);  // a wish, so its answer does not matter
#endif
  }
  ~PageMapping() { ::munmap(data_, size_); }
  PageMapping(const PageMapping&) = delete;
  PageMapping& operator=(const PageMapping&) = delete;

  /// The next `bytes`, or nullptr where there are not so many left.
  std::byte* take(size_t bytes) {
    if (bytes > size_ - used_) return nullptr;
    std::byte* taken = data_ + used_;
    used_ += std::min(rounded_up(bytes, kAlignment), size_ - used_);
    return taken;
  }

 private:
  size_t size_ = 0, used_ = 0;
  std::byte* data_ = nullptr;
};

}  // namespace

torch::Tensor weight_memory(int64_t bytes) {
  static std::mutex mutex;
  static std::shared_ptr<PageMapping> current;
  const auto size = static_cast<size_t>(bytes);
  if (size == 0) return torch::empty({0}, torch::kByte);
  const std::scoped_lock lock(mutex);
  std::byte* data = current ? current->take(size) : nullptr;
  std::shared_ptr<PageMapping> mapping = current;
  if (!data) {
    mapping = std::make_shared<PageMapping>(std::max(size, kMapping));
    data = mapping->take(size);
    current = mapping;
  }
  return torch::from_blob(
      data, {bytes}, [mapping, size](void* begin) { release_pages(begin, size); }, torch::kByte);
}

}  // namespace lienzo::nn
