#include <cstdio>
#include <cstdlib>

#include "lienzo/base/mapping_guard.h"
#include "lienzo/cli/commandline.h"
#include "lienzo/tensor/huge_pages.h"

int main(int argc, char** argv) {
  lienzo::tensor::use_huge_pages();
  lienzo::survive_cut_files();
  const int code = lienzo::cli::run(argc, argv);
  // Everything of ours is closed by now; libtorch would take 0.1 s to unregister its operators.
  std::fflush(nullptr);
  std::_Exit(code);
}
