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

/// The same on a rectified flow, whose pictures fade as the noise grows: after the way down to
/// `down` the state is multiplied by `kept`, so that the picture in it has its share of sigma_next,
/// and gets fresh noise of deviation `up`.
struct FlowAncestralStep {
  double down = 0;
  double kept = 1;  // (1 - sigma_next) / (1 - down)
  double up = 0;    // (kept down)^2 + up^2 = sigma_next^2
};

/// A state (1 - down) x0 + down noise becomes (1 - sigma_next) x0 + sigma_next noise, which gives
/// `kept` and `up`. How far down: comfyanonymous/ComfyUI comfy/k_diffusion/sampling.py
/// sample_euler_ancestral_RF, down = sigma_next (1 + (sigma_next / sigma - 1) eta). 0 < sigma <= 1,
/// 0 <= sigma_next <= sigma, 0 <= eta <= 1.
FlowAncestralStep flow_ancestral_step(double sigma, double sigma_next, double eta);

}  // namespace lienzo::diffusion
