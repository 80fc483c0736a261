#pragma once

#include <cstddef>

namespace lienzo {

/// Bytes in a page of this system's memory.
size_t page_size();

/// Gives the pages that lie wholly inside `data` to `data + bytes` back to the system. Those of a
/// mapped file are read from it again when they are needed; anonymous ones are zeros then.
void release_pages(void* data, size_t bytes);

}  // namespace lienzo
