// Included before everything by tools/lint.sh. In C++20 clang instantiates the constexpr members of
// libstdc++ 12's std::vector where they are declared, and LibTorch 1.13 has vectors of a class that
// is not complete there (ATen/core/ivalue_inl.h). For clang-tidy, vectors are not constexpr.
#include <string>
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR
#define __fill_a1 fill_bits  // declared constexpr by <string>
#include <vector>
#undef __fill_a1
#undef _GLIBCXX20_CONSTEXPR
#define _GLIBCXX20_CONSTEXPR constexpr
