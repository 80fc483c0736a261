"""Writes tests/golden/diffusion/samplers.safetensors: every step that the reference samplers make of a small known network.

Reference: the schedulers of diffusers 0.42.1, driven as its Stable Diffusion pipelines do, and the sample_* functions
of k-diffusion 0.1.1.post1 (with torchsde 0.2.6 for their noise) over the schedules of the web interfaces.
    python tools/golden/samplers.py tests/golden
The versions that wrote the file stand in its metadata. fp32 on the CPU.

The network is net(x, t) = tanh(x) * (0.5 + t / 2000) on its own scale. Random numbers are drawn per row from torch's CPU
generator, row b seeded SEEDS[b]. Each case is a tensor (calls or steps + 1, *SHAPE): the start, then the state after
every step, in the reference's own space (for the schedulers that scale it, x / sqrt(1 + sigma^2)). The metadata lists
for each case how it was made ("scheduler": a scheduler_config.json; or "sampler" and "schedule" names), and the times at
which the network was asked.
"""

import importlib.util
import json
import math
import pathlib
import sys
import types
import unittest.mock
import warnings

import diffusers
import numpy as np
import safetensors.torch
import scipy.stats
import torch

# k_diffusion's own __init__ imports what it needs for training; the two modules below do without.
k_diffusion = types.ModuleType("k_diffusion")
k_diffusion.__path__ = importlib.util.find_spec("k_diffusion").submodule_search_locations
sys.modules["k_diffusion"] = k_diffusion
import k_diffusion.external  # noqa: E402
import k_diffusion.sampling  # noqa: E402

warnings.filterwarnings("ignore")
diffusers.logging.set_verbosity_error()

SEEDS = [11, 12]
SHAPE = (2, 4, 2, 2)
NOISE = torch.sin(0.7 * torch.arange(32, dtype=torch.float32)).reshape(SHAPE) + 0.1
PICTURE = torch.cos(1.3 * torch.arange(32, dtype=torch.float32)).reshape(SHAPE)  # what image to image starts from
SD = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")

tensors, cases = {}, []


def net(x, t):
    return torch.tanh(x) * (0.5 + float(t) / 2000)


def generators():
    return [torch.Generator().manual_seed(seed) for seed in SEEDS]


def keep(name, states, times, **how):
    assert name not in tensors and all(state.isfinite().all() for state in states), name
    tensors[name] = torch.stack([state.float() for state in states])
    cases.append(dict(name=name, times=[float(t) for t in times], **how))


# ---- diffusers

RANDOM = (
    "EulerAncestralDiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler",
    "DDPMScheduler",
    "LCMScheduler",
    "TCDScheduler",
)


def drawn_in_order(gens):
    return lambda *_: torch.stack([torch.randn(SHAPE[1:], generator=gen) for gen in gens])


def scheduler(label, kind, steps=10, strength=None, eta=None, tree=False, **config):
    """One run as StableDiffusionPipeline and StableDiffusionImg2ImgPipeline make it; DPMSolverSDEScheduler takes its
    noise in order from the generators, or with `tree` as it is built, from a Brownian path."""
    config = {**SD, **config}
    reference = getattr(diffusers, kind)(**config)
    stored = {"_class_name": kind, **{key: value for key, value in config.items() if key != "noise_sampler_seed"}}
    reference.set_timesteps(steps)
    gens = generators()
    timesteps = reference.timesteps
    if strength is None:
        x = NOISE * reference.init_noise_sigma
    else:
        first = max(steps - min(int(steps * strength), steps), 0)
        timesteps = timesteps[first * reference.order :]
        if hasattr(reference, "set_begin_index"):
            reference.set_begin_index(first * reference.order)
        x = reference.add_noise(PICTURE, NOISE, timesteps[:1].repeat(SHAPE[0]))
    if kind == "DPMSolverSDEScheduler" and not tree:
        reference.noise_sampler = drawn_in_order(gens)
    states, times = [x], []
    extra = {}
    if kind in RANDOM or config.get("algorithm_type", "").startswith("sde") or (kind == "DDIMScheduler" and eta):
        extra["generator"] = gens
    if eta is not None:
        extra["eta"] = eta
    plms = kind == "PNDMScheduler"
    for i, t in enumerate(timesteps):
        times.append(t)
        x = reference.step(net(reference.scale_model_input(x, t), t), t, x, **extra).prev_sample
        if plms:  # a step is over when no call repeats it
            prk = len(reference.prk_timesteps)
            over = i % 4 == 3 if i < prk else i > 0 or len(timesteps) == 1
        else:
            over = reference.order == 1 or i % 2 == 1 or i + 1 == len(timesteps)
        if over:
            states.append(x)
    name = f"{kind} {label}".strip()
    levels = {}
    if tree:  # its noise depends on the last bits of these
        levels["sigmas"] = [float(s) for s in [reference.sigmas[0], *reference.sigmas[1::2]]]
    keep(name, states, times, scheduler=stored, steps=steps, strength=strength, eta=eta, tree=tree, **levels)


def all_schedulers():
    eps, v = {}, dict(prediction_type="v_prediction")
    leading = dict(timestep_spacing="leading", steps_offset=1)
    trailing, linspace = dict(timestep_spacing="trailing"), dict(timestep_spacing="linspace")
    plain = dict(clip_sample=False)
    zero_snr = dict(rescale_betas_zero_snr=True, **v, **trailing)

    ddim = dict(set_alpha_to_one=False, steps_offset=1, **plain)
    scheduler("epsilon", "DDIMScheduler", **ddim)
    scheduler("v", "DDIMScheduler", **ddim, **v)
    scheduler("sample", "DDIMScheduler", **ddim, prediction_type="sample")
    scheduler("eta 1", "DDIMScheduler", eta=1.0, **ddim)
    scheduler("v eta 0.5", "DDIMScheduler", eta=0.5, **ddim, **v)
    scheduler("clipped", "DDIMScheduler", steps_offset=1)
    scheduler("thresholded", "DDIMScheduler", thresholding=True, sample_max_value=1.5, **ddim)
    scheduler("trailing 7", "DDIMScheduler", 7, **plain, **trailing)
    scheduler("linspace 7 eta 1", "DDIMScheduler", 7, eta=1.0, **plain, **linspace)
    scheduler("zero snr", "DDIMScheduler", **plain, **zero_snr)
    scheduler("image to image", "DDIMScheduler", strength=0.6, **ddim)

    scheduler("epsilon", "DDPMScheduler", steps_offset=1, **plain)
    scheduler("v", "DDPMScheduler", **plain, **v)
    scheduler("clipped trailing", "DDPMScheduler", **trailing)
    scheduler("zero snr", "DDPMScheduler", **plain, **zero_snr)

    plms = dict(skip_prk_steps=True, steps_offset=1)
    scheduler("epsilon", "PNDMScheduler", **plms)
    scheduler("v", "PNDMScheduler", **plms, **v)
    scheduler("one step", "PNDMScheduler", 1, **plms)
    scheduler("two steps", "PNDMScheduler", 2, **plms)
    scheduler("runge-kutta", "PNDMScheduler", steps_offset=1)
    scheduler("runge-kutta v", "PNDMScheduler", set_alpha_to_one=True, **v)
    scheduler("trailing 7", "PNDMScheduler", 7, skip_prk_steps=True, **trailing)
    for strength in (0.9, 0.5, 0.2):
        scheduler(f"image to image {strength}", "PNDMScheduler", strength=strength, **plms)

    def sigma_kind(kind, **more):
        scheduler("epsilon", kind, **more)
        scheduler("v", kind, **v, **more)
        scheduler("leading", kind, **leading, **more)
        scheduler("trailing 7", kind, 7, **trailing, **more)

    sigma_kind("EulerDiscreteScheduler")
    scheduler("karras", "EulerDiscreteScheduler", use_karras_sigmas=True, **leading)
    scheduler("exponential", "EulerDiscreteScheduler", use_exponential_sigmas=True)
    scheduler("beta", "EulerDiscreteScheduler", use_beta_sigmas=True)
    scheduler("sigma min", "EulerDiscreteScheduler", final_sigmas_type="sigma_min")
    scheduler("zero snr", "EulerDiscreteScheduler", **zero_snr)
    scheduler("image to image", "EulerDiscreteScheduler", strength=0.6, **leading)
    sigma_kind("EulerAncestralDiscreteScheduler")
    scheduler("image to image", "EulerAncestralDiscreteScheduler", strength=0.6)
    sigma_kind("HeunDiscreteScheduler")
    scheduler("karras", "HeunDiscreteScheduler", use_karras_sigmas=True)
    scheduler("clipped", "HeunDiscreteScheduler", clip_sample=True)
    scheduler("image to image", "HeunDiscreteScheduler", strength=0.6)
    sigma_kind("KDPM2DiscreteScheduler")
    scheduler("karras", "KDPM2DiscreteScheduler", use_karras_sigmas=True)
    scheduler("image to image", "KDPM2DiscreteScheduler", strength=0.6)
    sigma_kind("KDPM2AncestralDiscreteScheduler")
    scheduler("karras", "KDPM2AncestralDiscreteScheduler", use_karras_sigmas=True)
    sigma_kind("LMSDiscreteScheduler")
    scheduler("karras", "LMSDiscreteScheduler", use_karras_sigmas=True)
    sigma_kind("DPMSolverSDEScheduler")
    scheduler("karras", "DPMSolverSDEScheduler", use_karras_sigmas=True)
    scheduler("image to image", "DPMSolverSDEScheduler", strength=0.6)
    scheduler("tree", "DPMSolverSDEScheduler", tree=True, noise_sampler_seed=SEEDS)
    scheduler("tree image to image", "DPMSolverSDEScheduler", tree=True, strength=0.6, noise_sampler_seed=SEEDS)

    dpm = "DPMSolverMultistepScheduler"
    sde = dict(algorithm_type="sde-dpmsolver++")
    for order in (1, 2, 3):
        scheduler(f"order {order}", dpm, solver_order=order)
        scheduler(f"sde order {order}", dpm, solver_order=order, **sde)
    scheduler("v", dpm, **v)
    scheduler("heun", dpm, solver_type="heun")
    scheduler("sde heun", dpm, solver_type="heun", **sde)
    scheduler("leading", dpm, **leading)
    scheduler("trailing 7", dpm, 7, **trailing)
    scheduler("karras", dpm, use_karras_sigmas=True)
    scheduler("sde karras v", dpm, use_karras_sigmas=True, **sde, **v)
    scheduler("exponential", dpm, use_exponential_sigmas=True)
    scheduler("beta", dpm, use_beta_sigmas=True)
    scheduler("lu", dpm, use_lu_lambdas=True)
    scheduler("sigma min", dpm, final_sigmas_type="sigma_min")
    scheduler("sigma min, full order", dpm, final_sigmas_type="sigma_min", lower_order_final=False)
    scheduler("sigma min, order 3, 20 steps", dpm, 20, solver_order=3, final_sigmas_type="sigma_min")
    scheduler("sigma min, order 3, 15 steps", dpm, 15, solver_order=3, final_sigmas_type="sigma_min")
    scheduler("euler at final, 16 steps", dpm, 16, final_sigmas_type="sigma_min", euler_at_final=True)
    scheduler("karras to sigma min", dpm, use_karras_sigmas=True, final_sigmas_type="sigma_min")
    scheduler("thresholded", dpm, thresholding=True, sample_max_value=1.5)
    scheduler("zero snr", dpm, **zero_snr)
    scheduler("image to image", dpm, strength=0.6)

    unipc = "UniPCMultistepScheduler"
    scheduler("epsilon", unipc)
    scheduler("v", unipc, **v)
    scheduler("order 1", unipc, solver_order=1)
    scheduler("order 3", unipc, solver_order=3)
    scheduler("order 3 bh1", unipc, solver_order=3, solver_type="bh1", final_sigmas_type="sigma_min")
    scheduler("leading", unipc, **leading)
    scheduler("karras", unipc, use_karras_sigmas=True)
    scheduler("exponential", unipc, use_exponential_sigmas=True)
    scheduler("sigma min", unipc, final_sigmas_type="sigma_min", lower_order_final=False)
    scheduler("20 steps", unipc, 20, solver_order=3)
    scheduler("image to image", unipc, strength=0.6)

    scheduler("4 steps", "LCMScheduler", 4)
    scheduler("8 steps v", "LCMScheduler", 8, **v)
    scheduler("boundary", "LCMScheduler", 4, timestep_scaling=0.001)
    scheduler("grid of 100", "LCMScheduler", 7, original_inference_steps=100)
    scheduler("image to image", "LCMScheduler", 4, strength=0.5)
    for eta in (0.0, 0.3, 1.0):
        scheduler(f"4 steps eta {eta}", "TCDScheduler", 4, eta=eta)
    scheduler("8 steps v", "TCDScheduler", 8, eta=0.3, **v)
    scheduler("image to image", "TCDScheduler", 8, eta=0.3, strength=0.5)


# ---- k-diffusion over the schedules of the web interfaces


def table():
    betas = torch.linspace(SD["beta_start"] ** 0.5, SD["beta_end"] ** 0.5, 1000, dtype=torch.float32) ** 2
    return torch.cumprod(1 - betas, dim=0)


class Recorder:
    """net as a k-diffusion denoiser that remembers the times it was told."""

    def __init__(self, v):
        external = k_diffusion.external
        self.times = []
        kind = external.DiscreteVDDPMDenoiser if v else external.DiscreteEpsDDPMDenoiser
        self.denoiser = kind(self.inner, table(), quantize=False)

    def inner(self, x, t, **_):
        self.times.append(t[0])
        return net(x, t[0])


def schedule_of(name, n, sigmas):
    """AUTOMATIC1111 modules/sd_schedulers.py; `sigmas` ascending."""
    low, high = float(sigmas[0]), float(sigmas[-1])
    sampling = k_diffusion.sampling
    if name == "karras":
        return sampling.get_sigmas_karras(n, low, high)
    if name == "exponential":
        return sampling.get_sigmas_exponential(n, low, high)
    if name == "polyexponential":
        return sampling.get_sigmas_polyexponential(n, low, high)
    if name == "kl_optimal":
        u = torch.arange(n + 1) / n
        return (u * math.atan(low) + (1 - u) * math.atan(high)).tan()
    if name == "beta":
        quantiles = scipy.stats.beta.ppf(1 - np.linspace(0, 1, n), 0.6, 0.6)
        return torch.tensor([low + q * (high - low) for q in quantiles] + [0.0], dtype=torch.float32)
    if name == "simple":
        return torch.tensor([float(sigmas[-(1 + int(i * 1000 / n))]) for i in range(n)] + [0.0])
    if name == "ddim_uniform":
        return torch.tensor([float(s) for s in reversed(sigmas[1 :: 1000 // n])] + [0.0])
    if name.startswith("align_your_steps"):
        knots = {
            "align_your_steps_sd1": [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029],
            "align_your_steps_sdxl": [14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029],
        }[name]
        places = np.linspace(0, 1, n)
        logs = np.interp(places, np.linspace(0, 1, len(knots)), np.log(knots[::-1]))
        return torch.tensor(list(np.exp(logs)[::-1]) + [0.0], dtype=torch.float32)
    steps = {"normal": torch.linspace(999, 0, n), "sgm_uniform": torch.linspace(999, 0, n + 1)[:-1]}[name]
    schedule = k_diffusion.external.DiscreteSchedule(sigmas, quantize=False)
    return torch.cat([schedule.t_to_sigma(steps), torch.zeros(1)])


def k_sampler(label, sampler, schedule, steps=10, v=False, tree=True, **options):
    model = Recorder(v)
    sigmas = schedule_of(schedule, steps, model.denoiser.sigmas)
    gens = generators()
    start = NOISE * sigmas[0]
    states = []

    def seen(info):  # with churn x is no state between steps; then only the ends are kept
        if not states or "s_churn" not in options:
            states.append(info["x"] if "s_churn" not in options else start)

    if "ancestral" in sampler or not tree:
        options["noise_sampler"] = drawn_in_order(gens)
    elif "sde" in sampler:
        low, high = sigmas[sigmas > 0].min(), sigmas.max()
        options["noise_sampler"] = k_diffusion.sampling.BrownianTreeNoiseSampler(start, low, high, seed=SEEDS)
    function = getattr(k_diffusion.sampling, f"sample_{sampler.removesuffix('_heun')}")
    with unittest.mock.patch("torch.randn_like", drawn_in_order(gens)):  # for churn
        end = function(model.denoiser, start, sigmas, disable=True, callback=seen, **options)
    settings = {key: value for key, value in options.items() if key in ("eta", "s_noise", "s_churn")}
    keep(
        f"{sampler} {schedule} {label}".strip(),
        [*states, end],
        model.times,
        sampler=sampler,
        schedule=schedule,
        steps=len(sigmas) - 1,
        request=steps,
        v=v,
        tree=tree,
        sigmas=[float(s) for s in sigmas],
        **settings,
    )


def all_k_samplers():
    for sampler, schedule in (
        ("euler", "normal"),
        ("euler", "ddim_uniform"),
        ("euler_ancestral", "karras"),
        ("heun", "exponential"),
        ("dpm_2", "sgm_uniform"),
        ("dpm_2_ancestral", "karras"),
        ("lms", "simple"),
        ("dpmpp_2s_ancestral", "karras"),
        ("dpmpp_2s_ancestral", "kl_optimal"),
        ("dpmpp_sde", "karras"),
        ("dpmpp_2m", "karras"),
        ("dpmpp_2m", "beta"),
        ("dpmpp_2m", "align_your_steps_sd1"),
        ("dpmpp_2m_sde", "karras"),
        ("dpmpp_2m_sde", "align_your_steps_sdxl"),
        ("dpmpp_3m_sde", "exponential"),
        ("dpmpp_3m_sde", "polyexponential"),
    ):
        k_sampler("", sampler, schedule)
    k_sampler("", "dpmpp_2m_sde_heun", "karras", solver_type="heun")
    k_sampler("v", "dpmpp_2s_ancestral", "karras", v=True)
    k_sampler("v", "dpmpp_2m_sde", "karras", v=True)
    k_sampler("in order", "dpmpp_sde", "kl_optimal", tree=False)
    k_sampler("v in order", "dpmpp_sde", "sgm_uniform", v=True, tree=False)
    k_sampler("eta 0.5 in order", "dpmpp_sde", "karras", tree=False, eta=0.5, s_noise=1.1)
    k_sampler("in order", "dpmpp_2m_sde", "karras", tree=False)
    k_sampler("in order", "dpmpp_3m_sde", "karras", tree=False)
    k_sampler("v", "dpmpp_3m_sde", "karras", v=True)
    k_sampler("eta 0.5", "dpmpp_2s_ancestral", "karras", eta=0.5, s_noise=1.1)
    k_sampler("eta 0.5", "dpmpp_2m_sde", "karras", eta=0.5, s_noise=1.1)
    k_sampler("eta 0.5", "dpmpp_3m_sde", "karras", eta=0.5, s_noise=1.1)
    for sampler in ("euler", "heun", "dpm_2"):
        k_sampler("churn", sampler, "karras", s_churn=2.0, s_noise=1.003)
    k_sampler("12 steps", "euler", "align_your_steps_sd1", 12)
    k_sampler("7 steps", "euler", "ddim_uniform", 7)


def flow():
    reference = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)
    reference.set_timesteps(8)
    states, times = [NOISE], []
    for t in reference.timesteps:
        times.append(t)
        states.append(reference.step(net(states[-1], t), t, states[-1]).prev_sample)
    keep("flow", states, times, sigmas=reference.sigmas.tolist())


def main():
    all_schedulers()
    all_k_samplers()
    flow()
    metadata = dict(
        generator="tools/golden/samplers.py",
        diffusers=diffusers.__version__,
        k_diffusion="0.1.1.post1",
        torchsde="0.2.6",
        torch=torch.__version__,
        numpy=np.__version__,
        seeds=json.dumps(SEEDS),
        noise=json.dumps(NOISE.double().flatten().tolist()),
        picture=json.dumps(PICTURE.double().flatten().tolist()),
        cases=json.dumps(cases),
    )
    folder = pathlib.Path(sys.argv[1]) / "diffusion"
    folder.mkdir(parents=True, exist_ok=True)
    safetensors.torch.save_file(tensors, folder / "samplers.safetensors", metadata)
    print(f"{len(cases)} cases")


main()
