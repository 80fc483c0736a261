#include "lienzo/nn/parallel.h"

#include <ATen/Parallel.h>

namespace lienzo::nn {

void parallel_for(int64_t count, const std::function<void(int64_t begin, int64_t end)>& work) {
  at::parallel_for(0, count, 1, work);
}

}  // namespace lienzo::nn
