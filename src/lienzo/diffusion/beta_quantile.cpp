#include "lienzo/diffusion/beta_quantile.h"

#include <cmath>

namespace lienzo::diffusion {
namespace {

// The continued fraction of I_x (NIST Digital Library of Mathematical Functions, 8.17.22), by
// Lentz's method; quick for x below the mean.
double continued_fraction(double x, double a, double b) {
  constexpr int kMostTerms = 500;
  constexpr double kTiny = 1e-300, kPrecision = 1e-16;
  double c = 1, d = 0, value = 1;
  for (int i = 0; i <= kMostTerms; ++i) {
    const int m = i / 2;
    const double term = i == 0       ? 1
                        : i % 2 == 0 ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                                     : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + term * d;
    if (std::abs(d) < kTiny) d = kTiny;
    d = 1 / d;
    c = 1 + term / c;
    if (std::abs(c) < kTiny) c = kTiny;
    value *= c * d;
    if (std::abs(1 - c * d) < kPrecision) break;
  }
  return value - 1;
}

double cumulative(double x, double a, double b) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * continued_fraction(x, a, b) / a;
  return 1 - front * continued_fraction(1 - x, b, a) / b;
}

}  // namespace

double beta_quantile(double probability, double alpha, double beta) {
  if (probability <= 0) return 0;
  if (probability >= 1) return 1;
  constexpr int kHalvings = 60;
  double low = 0, high = 1;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (cumulative(middle, alpha, beta) < probability ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace lienzo::diffusion
