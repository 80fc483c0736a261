"""Writes tests/golden/diffusion_samplers.json: what the reference samplers make of a small known network.

Reference: diffusers 0.30.3 schedulers; for Heun and Euler with churn a transcription of k-diffusion's
sampling.py (sample_euler, sample_heun), because diffusers 0.30.3 has no churn in Heun.
Needs: diffusers==0.30.3, torch (any), numpy.  Usage: python tools/golden/samplers.py tests/golden

The network is net(x, t) = tanh(x) * (0.5 + t / 2000) on the network's own scale. Random noise is drawn per
row from torch's CPU generator, row b seeded SEEDS[b]. Each case holds the noise levels it visited in the
sampler's space (sigma of x = x0 + sigma * noise, or t for flow), the start and the result in that space.
"""

import json
import pathlib
import sys

import diffusers
import numpy as np
import torch

SEEDS = [11, 12]
SHAPE = (2, 4, 2, 2)
START = torch.sin(0.7 * torch.arange(32, dtype=torch.float32)).reshape(SHAPE) + 0.1
SD_BETAS = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")


def net(x, t):
    return torch.tanh(x) * (0.5 + float(t) / 2000)


def generators():
    return [torch.Generator().manual_seed(seed) for seed in SEEDS]


def noise(gens):
    return torch.stack([torch.randn(SHAPE[1:], generator=gen) for gen in gens])


def case(name, sampler, parameterization, sigmas, start, result, **settings):
    return dict(
        name=name,
        sampler=sampler,
        parameterization=parameterization,
        sigmas=[float(s) for s in sigmas],
        start=start.flatten().double().tolist(),
        result=result.flatten().double().tolist(),
        **settings,
    )


def ve(alpha_bar):
    return float(((1 - alpha_bar) / alpha_bar) ** 0.5)


def ddim(parameterization, eta):
    scheduler = diffusers.DDIMScheduler(
        **SD_BETAS, clip_sample=False, set_alpha_to_one=False, steps_offset=1, prediction_type=parameterization
    )
    scheduler.set_timesteps(8)
    gens = generators()
    x = START.clone()
    bars = scheduler.alphas_cumprod.double()
    sigmas = [ve(bars[t]) for t in scheduler.timesteps] + [ve(bars[0])]
    for t in scheduler.timesteps:
        fresh = noise(gens) if eta > 0 else None
        x = scheduler.step(net(x, t), t, x, eta=eta, variance_noise=fresh).prev_sample
    first, last = float(bars[scheduler.timesteps[0]]) ** 0.5, float(bars[0]) ** 0.5
    return case(f"ddim {parameterization} eta {eta}", "ddim", parameterization, sigmas, START / first, x / last, eta=eta)


def euler(parameterization, karras, s_churn):
    scheduler = diffusers.EulerDiscreteScheduler(
        **SD_BETAS, timestep_spacing="trailing", use_karras_sigmas=karras, prediction_type=parameterization
    )
    scheduler.set_timesteps(8)
    gens = generators()
    start = START * scheduler.sigmas[0]
    x = start
    for t in scheduler.timesteps:
        # diffusers tells the network the time of sigma, not of sigma_hat, so churn is tested by the transcription
        x = scheduler.step(net(scheduler.scale_model_input(x, t), t), t, x, s_churn=s_churn, generator=gens).prev_sample
    name = f"euler {parameterization}" + (" karras" if karras else "")
    return case(name, "euler", parameterization, scheduler.sigmas, start, x)


def heun(parameterization, karras):
    scheduler = diffusers.HeunDiscreteScheduler(
        **SD_BETAS, timestep_spacing="trailing", use_karras_sigmas=karras, prediction_type=parameterization
    )
    scheduler.set_timesteps(8)
    start = START * scheduler.sigmas[0]
    x = start
    for t in scheduler.timesteps:
        x = scheduler.step(net(scheduler.scale_model_input(x, t), t), t, x).prev_sample
    sigmas = list(scheduler.sigmas[0:1]) + list(scheduler.sigmas[1::2])
    return case(
        f"heun {parameterization}" + (" karras" if karras else ""), "heun", parameterization, sigmas, start, x
    )


def dpmpp_2m(parameterization):
    scheduler = diffusers.DPMSolverMultistepScheduler(
        **SD_BETAS, timestep_spacing="trailing", prediction_type=parameterization, final_sigmas_type="zero"
    )
    scheduler.set_timesteps(8)
    sigmas = scheduler.sigmas
    x = START.clone()
    for t in scheduler.timesteps:
        x = scheduler.step(net(x, t), t, x).prev_sample
    start = START * (1 + float(sigmas[0]) ** 2) ** 0.5
    return case(f"dpmpp_2m {parameterization}", "dpmpp_2m", parameterization, sigmas, start, x)


def flow_euler():
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)
    scheduler.set_timesteps(8)
    x = START.clone()
    for t in scheduler.timesteps:
        x = scheduler.step(net(x, t), t, x).prev_sample
    return case("euler flow", "euler", "flow", scheduler.sigmas, START, x)


def k_diffusion(second_order, s_churn, s_tmin, s_tmax, s_noise):
    """crowsonkb/k-diffusion sampling.py, with the epsilon network as denoiser (external.py: c_in, sigma_to_t)."""
    bars = torch.cumprod(
        1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float32) ** 2, dim=0
    ).double().numpy()
    log_table = np.log(((1 - bars) / bars) ** 0.5)

    def denoise(x, sigma):
        t = np.interp(np.log(sigma), log_table, np.arange(1000))
        return x - sigma * net(x / (sigma**2 + 1) ** 0.5, t)

    ramp = np.linspace(0, 1, 8)
    low, high = 0.03 ** (1 / 7), 14.0 ** (1 / 7)
    sigmas = np.append((high + ramp * (low - high)) ** 7, 0.0)
    gens = generators()
    start = START.double() * sigmas[0]
    x = start
    for i in range(len(sigmas) - 1):
        gamma = min(s_churn / (len(sigmas) - 1), 2**0.5 - 1) if s_tmin <= sigmas[i] <= s_tmax else 0.0
        sigma_hat = sigmas[i] * (gamma + 1)
        if gamma > 0:  # drawn only when used, see samplers/step.h
            x = x + noise(gens).double() * s_noise * (sigma_hat**2 - sigmas[i] ** 2) ** 0.5
        d = (x - denoise(x, sigma_hat)) / sigma_hat
        dt = sigmas[i + 1] - sigma_hat
        if second_order and sigmas[i + 1] > 0:
            x_2 = x + d * dt
            d_2 = (x_2 - denoise(x_2, sigmas[i + 1])) / sigmas[i + 1]
            x = x + (d + d_2) / 2 * dt
        else:
            x = x + d * dt
    sampler = "heun" if second_order else "euler"
    churn = dict(s_churn=s_churn, s_tmin=s_tmin, s_tmax=s_tmax, s_noise=s_noise)
    return case(f"{sampler} churn", sampler, "epsilon", sigmas, start, x, **churn)


def main():
    cases = [ddim(p, eta) for p in ("epsilon", "v_prediction") for eta in (0.0, 0.5, 1.0)]
    cases += [euler(p, karras, 0.0) for p in ("epsilon", "v_prediction") for karras in (False, True)]
    cases += [heun(p, karras) for p in ("epsilon", "v_prediction") for karras in (False, True)]
    cases += [dpmpp_2m(p) for p in ("epsilon", "v_prediction")]
    cases += [flow_euler()]
    cases += [k_diffusion(order, 2.0, 0.1, 10.0, 1.003) for order in (False, True)]
    out = dict(
        generator="tools/golden/samplers.py",
        versions=dict(diffusers=diffusers.__version__, torch=torch.__version__, numpy=np.__version__),
        seeds=SEEDS,
        shape=SHAPE,
        tolerance="2e-6 of the largest value: the references run in float32, measured 4e-7",
        cases=cases,
    )
    path = pathlib.Path(sys.argv[1]) / "diffusion_samplers.json"
    path.write_text(json.dumps(out, indent=1) + "\n")


main()
