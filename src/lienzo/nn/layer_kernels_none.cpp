// Compiled for processors that have no such kernels.
#include "lienzo/nn/layer_kernels.h"

namespace lienzo::nn {

bool prefers_layer_kernels() { return false; }
int64_t linear_scratch(const LinearTask&) { return 0; }
void multiply(const LinearTask&, float*) {}
int64_t convolution_scratch(const ConvolutionTask&) { return 0; }
void convolve(const ConvolutionTask&, float*) {}
int64_t winograd_scratch(const ConvolutionTask&) { return 0; }
void convolve_by_winograd(const ConvolutionTask&, float*) {}

}  // namespace lienzo::nn
