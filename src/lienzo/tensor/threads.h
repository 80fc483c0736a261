#pragma once

namespace lienzo::tensor {

/// Lets the tensor operations use `count` threads, both libtorch's own and the BLAS library's
/// (which libtorch does not tell); 0 means one per processor this process may use. Throws
/// kInvalidInput for a negative count. Call it before the first tensor operation for full effect.
void set_threads(int count);

/// As set_threads(), but the BLAS library keeps to one: how it shares a product out among several
/// decides the last bits of the result. For networks that leave only small products to it.
void set_reproducible_threads(int count);

/// How many threads one tensor operation uses now.
int thread_count();

}  // namespace lienzo::tensor
