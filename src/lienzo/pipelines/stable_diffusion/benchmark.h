#pragma once

#include <cstdint>
#include <string>

#include "lienzo/base/progress.h"

namespace lienzo::pipelines {

struct BenchmarkOptions {
  std::string dtype = {};  // empty: the device's fastest
  std::string device = "auto";
  int size = 512;  // pixels, a multiple of 8
  int rounds = 3;  // each figure is the best of so many
};

/// What one part took, and which share that is of what the machine's convolutions and matrix
/// products reach in the same run.
struct BenchmarkPart {
  double seconds = 0;
  double operations = 0;
  double share = 0;
};

/// From a file in the system's cache to a picture's first step, in seconds: of the program itself
/// up to the benchmark, of reading the model and preparing its networks, of the words, of the step.
struct BenchmarkStart {
  double program = 0, load = 0, words = 0, step = 0;
  double until_step() const { return program + load + words; }
};

struct BenchmarkResult {
  std::string dtype, device;
  int threads = 0;
  /// Operations a second; for convolutions the better of convolution_ceiling(), matrix_ceiling().
  double convolution_ceiling = 0, matrix_ceiling = 0;
  BenchmarkPart text, step, decode;  // step: with guidance, two rows
  BenchmarkStart start;
  uint64_t weight_bytes = 0;
  uint64_t peak_bytes = 0;  // of the process
};

/// Times the networks of Stable Diffusion 1.5 with random weights, which take as long as real ones.
/// Throws kInvalidInput for a size that is none, kOutOfMemory where they do not fit.
BenchmarkResult benchmark(const BenchmarkOptions& options, const ProgressSink& progress = {});

/// Convolution of 3 x 3 over 320 channels of 64 x 64 pixels, the largest kind of Stable Diffusion,
/// and a matrix product of 4096 x 1280 x 1280: operations a second, the best of a few.
double convolution_ceiling(const std::string& dtype, const std::string& device);
double matrix_ceiling(const std::string& dtype, const std::string& device);

}  // namespace lienzo::pipelines
