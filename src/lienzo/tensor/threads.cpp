#include "lienzo/tensor/threads.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>

#include <algorithm>
#include <string>
#include <thread>

#include "lienzo/base/error.h"

namespace lienzo::tensor {

void set_threads(int count) {
  if (count < 0) {
    throw Error(ErrorKind::kInvalidInput,
                "[threads] count, got " + std::to_string(count) +
                    ", expected 1 or more, or 0 for all processors");
  }
  if (count == 0) count = std::max(1U, std::thread::hardware_concurrency());
  at::set_num_threads(count);
  // libtorch was linked against an interchangeable libblas.so.3, so it cannot know that OpenBLAS
  // keeps a pool of its own threads. Looked up by name because another BLAS may be installed
  // instead.
  if (void* symbol = dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) {
    reinterpret_cast<void (*)(int)>(symbol)(count);
  }
}

int thread_count() { return at::get_num_threads(); }

}  // namespace lienzo::tensor
