#pragma once

#include <cstdint>

namespace lienzo::nn {

/// Some rows of one picture and some outputs of a convolution of stride 1, in fp32, channels-last.
struct ConvolutionTask {
  const float* x = nullptr;        // (x_rows, width, channels)
  const float* weights = nullptr;  // as pack_for_convolution() puts them
  const float* bias = nullptr;     // (outputs), a multiple of kConvolutionPanel
  float* y = nullptr;              // (rows, y_width, outputs); pixels y_stride numbers apart
  int64_t x_rows = 0, width = 0, channels = 0, outputs = 0;
  int64_t rows = 0, y_width = 0;  // what is computed
  int64_t kernel = 3;
  int64_t above = 0, left = 0;  // zeros before the first row and column of x
  int64_t first_panel = 0, last_panel = 0;
};

inline constexpr int64_t kConvolutionPanel = 16;   // outputs that are computed together
inline constexpr int64_t kConvolutionDepth = 128;  // channels that are gone through at a time

/// Whether this processor has what the kernel was compiled for, AVX2 and FMA, and no AVX-512, for
/// which oneDNN's is faster.
bool prefers_convolution_kernel();

/// Numbers that convolve() needs beside, for `rows` rows of y.
int64_t convolution_scratch(const ConvolutionTask& task);

/// Fills y. Every number is summed up in the same order whatever the rows, the panels and the
/// pictures of the task are.
void convolve(const ConvolutionTask& task, float* scratch);

/// Where weight (output, channel, row, column) goes: into panels of kConvolutionPanel outputs, in
/// these depths of channels, in these rows, columns, channels, the outputs of the panel together.
inline int64_t place_for_convolution(
    int64_t output, int64_t channel, int64_t tap, int64_t channels, int64_t taps) {
  const int64_t depth = channel / kConvolutionDepth, before = depth * kConvolutionDepth;
  const int64_t deep =
      channels - before < kConvolutionDepth ? channels - before : kConvolutionDepth;
  return ((output / kConvolutionPanel * channels + before) * taps + tap * deep + channel - before) *
             kConvolutionPanel +
         output % kConvolutionPanel;
}

}  // namespace lienzo::nn
