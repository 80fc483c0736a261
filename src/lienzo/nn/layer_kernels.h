#pragma once

#include <cstdint>

#include "lienzo/nn/weight_rows.h"

/// Linear layers and convolutions in fp32 over weights that are read where they lie, in the order
/// and type of their file, and widened panel by panel in a core's cache: nothing is prepared, and
/// nothing is kept beside the file. For processors with AVX2, FMA and F16C.
namespace lienzo::nn {

inline constexpr int64_t kPanel = 16;  // outputs that are computed together

/// Whether this processor has what the kernels were compiled for, and no AVX-512, for which
/// oneDNN's are faster.
bool prefers_layer_kernels();

/// Some outputs of a linear layer for some rows. Every number is summed up in the same order
/// whatever rows and panels a task has; the same holds below.
struct LinearTask {
  const float* x = nullptr;     // (rows, weights.length)
  float* y = nullptr;           // (rows, outputs)
  const float* bias = nullptr;  // (outputs)
  WeightRows weights;
  int64_t rows = 0, outputs = 0;
  int64_t first_panel = 0, last_panel = 0;
};

/// Numbers that multiply() needs beside.
int64_t linear_scratch(const LinearTask& task);
void multiply(const LinearTask& task, float* scratch);

/// Some rows of some pictures, and some outputs of them, of a convolution; channels-last.
struct ConvolutionTask {
  const float* x = nullptr;     // (pictures, x_rows, x_width, channels)
  float* y = nullptr;           // (pictures, rows, y_width, outputs)
  const float* bias = nullptr;  // (outputs)
  WeightRows weights;           // (channels, kernel, kernel) of each output
  int64_t x_picture = 0, x_rows = 0, x_width = 0, channels = 0;  // pictures x_picture numbers apart
  int64_t y_picture = 0, y_width = 0, outputs = 0;
  int64_t kernel = 3, stride = 1;
  int64_t above = 0, left = 0;  // zeros before the first row and column of x
  bool doubled = false;  // every pixel of x stands for 2 x 2; y has all 2 x_rows, 2 x_width of them
  int64_t first_picture = 0, last_picture = 0;
  int64_t first_row = 0, last_row = 0;  // of y; the first at an even distance from the top
  int64_t first_panel = 0, last_panel = 0;
};

/// For windows of any size and stride, not doubled.
int64_t convolution_scratch(const ConvolutionTask& task);
void convolve(const ConvolutionTask& task, float* scratch);

/// For 3 x 3 windows of stride 1 over channels in whole eights, with 4 multiplications in place of
/// 9, or 9 / 4 where x is doubled: F(2x2, 3x3) of Lavin & Gray 2015, Fast Algorithms for
/// Convolutional Neural Networks (arXiv:1509.09308, section 4.1).
int64_t winograd_scratch(const ConvolutionTask& task);
void convolve_by_winograd(const ConvolutionTask& task, float* scratch);

}  // namespace lienzo::nn
