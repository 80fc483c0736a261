#include "lienzo/cli/commandline.h"

int main(int argc, char** argv) { return lienzo::cli::run(argc, argv); }
