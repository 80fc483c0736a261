#pragma once

namespace lienzo::diffusion {

/// The x in [0, 1] below which a beta distribution has the share `probability`: the inverse of the
/// regularised incomplete beta function I_x(alpha, beta), to 1e-12. alpha, beta > 0, probability in
/// [0, 1].
double beta_quantile(double probability, double alpha, double beta);

}  // namespace lienzo::diffusion
