#pragma once

namespace lienzo::tensor {

/// From now on the large tensors of the CPU (4 MB and more) ask the kernel for pages of 2 MB
/// instead of 4 KB. Such memory is given back when its tensor goes and must be filled with zeros by
/// the kernel when the next one comes, which takes a tenth of the time with large pages: for the
/// pictures of an autoencoder that is a fifth of the whole work. For the whole process, so that a
/// program decides, and not the library; LibTorch 2 has the like behind THP_MEM_ALLOC_ENABLE. Does
/// nothing where the kernel has no such pages. Once is enough, more is harmless.
void use_huge_pages();

}  // namespace lienzo::tensor
