#pragma once

namespace lienzo::bench {

/// Floating-point operations per second that a large 3x3 convolution (fp32, channels-last, 192
/// channels) reaches on this machine, measured once per run: what the networks' figures are a share
/// of.
double convolution_ceiling();

}  // namespace lienzo::bench
