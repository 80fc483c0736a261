#include "lienzo/base/pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace lienzo {

size_t page_size() {
  static const auto size = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

void release_pages(void* data, size_t bytes) {
  const size_t page = page_size();
  const size_t before = (page - reinterpret_cast<uintptr_t>(data) % page) % page;
  if (bytes < before + page) return;
  ::madvise(static_cast<std::byte*>(data) + before, (bytes - before) / page * page, MADV_DONTNEED);
}

}  // namespace lienzo
