#pragma once

#include <cstdint>
#include <functional>

namespace lienzo::nn {

/// Calls work(begin, end) for parts of 0..count on the threads of the tensor operations. The parts
/// depend on the number of threads, so the work of one index must not depend on its neighbours.
void parallel_for(int64_t count, const std::function<void(int64_t begin, int64_t end)>& work);

}  // namespace lienzo::nn
