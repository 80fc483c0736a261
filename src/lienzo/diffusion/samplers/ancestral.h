#pragma once

namespace lienzo::diffusion {

/// How an ancestral sampler divides a step: down to `down` without noise, then up again to the
/// level asked for with fresh noise of deviation `up`; down^2 + up^2 = sigma_next^2.
struct AncestralStep {
  double down = 0;
  double up = 0;
};

/// With eta = 1 the fresh noise of the DDPM posterior, with 0 none: crowsonkb/k-diffusion
/// sampling.py get_ancestral_step. sigma > 0, 0 <= sigma_next <= sigma.
AncestralStep ancestral_step(double sigma, double sigma_next, double eta);

}  // namespace lienzo::diffusion
