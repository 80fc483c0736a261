// Compiled for processors that have no kernel of their own.
#include "lienzo/nn/convolution_kernel.h"

namespace lienzo::nn {

bool prefers_convolution_kernel() { return false; }
int64_t convolution_scratch(const ConvolutionTask&) { return 0; }
void convolve(const ConvolutionTask&, float*) {}

}  // namespace lienzo::nn
