#include "lienzo/cli/commandline.h"
#include "lienzo/tensor/huge_pages.h"

int main(int argc, char** argv) {
  lienzo::tensor::use_huge_pages();
  return lienzo::cli::run(argc, argv);
}
