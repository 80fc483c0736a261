#include "lienzo/tensor/threads.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>

#include <algorithm>
#include <string>
#include <thread>

#include "lienzo/base/error.h"

namespace lienzo::tensor {

namespace {

int checked(int count) {
  if (count < 0) {
    throw Error(ErrorKind::kInvalidInput,
                "[threads] count, got " + std::to_string(count) +
                    ", expected 1 or more, or 0 for all processors");
  }
  return count > 0 ? count : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

// libtorch was linked against an interchangeable libblas.so.3, so it cannot know that OpenBLAS
// keeps a pool of its own threads. Looked up by name because another BLAS may be installed instead.
void set_blas_threads(int count) {
  if (void* symbol = dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) {
    reinterpret_cast<void (*)(int)>(symbol)(count);
  }
}

}  // namespace

void set_threads(int count) {
  at::set_num_threads(checked(count));
  set_blas_threads(checked(count));
}

void set_reproducible_threads(int count) {
  at::set_num_threads(checked(count));
  set_blas_threads(1);
}

int thread_count() { return at::get_num_threads(); }

}  // namespace lienzo::tensor
