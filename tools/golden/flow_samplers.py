"""Writes tests/golden/diffusion/flow_samplers.json: every state of ancestral Euler on a rectified flow, in double precision.

    python tools/golden/flow_samplers.py tests/golden

Reference: the formula of sample_euler_ancestral_RF in comfy/k_diffusion/sampling.py of comfyanonymous/ComfyUI, written
here from its meaning. A state at level s is (1 - s) x0 + s noise. One step from level s to level t:

    d = t (1 + (t / s - 1) eta)               the lower level
    x <- d / s x + (1 - d / s) x0             an Euler step to it, x0 being what the network predicts
    x <- k x + u noise                        up again, where k = (1 - t) / (1 - d), u = sqrt(t^2 - (k d)^2)

and t = 0 ends at the prediction. The network predicts x0 = tanh(x) / (1 + s). Fresh noise is drawn per row, in single
precision, from torch's CPU generator, row b seeded SEEDS[b], at every step but the one to 0.
"""

import json
import pathlib
import sys

import numpy as np
import torch

SEEDS = [11, 12]
SHAPE = (2, 16)
SHIFT = 3.0  # of the levels: Esser et al. 2024 (arXiv:2403.03206), equation 23


def levels(steps):
    t = np.linspace(1, 0, steps + 1)
    return SHIFT * t / (1 + (SHIFT - 1) * t)


def run(steps, eta, s_noise):
    sigmas = levels(steps)
    generators = [torch.Generator().manual_seed(seed) for seed in SEEDS]
    state = np.sin(0.7 * np.arange(32)).reshape(SHAPE) + 0.1
    states = [state]
    for s, t in zip(sigmas, sigmas[1:]):
        prediction = np.tanh(state) / (1 + s)
        if t == 0:
            state = prediction
        else:
            down = t * (1 + (t / s - 1) * eta)
            state = down / s * state + (1 - down / s) * prediction
            kept = (1 - t) / (1 - down)
            state = kept * state
            if eta > 0:
                noise = torch.stack([torch.randn(SHAPE[1:], generator=one) for one in generators]).double().numpy()
                state = state + s_noise * np.sqrt(t**2 - (kept * down) ** 2) * noise
        states.append(state)
    return dict(
        steps=steps,
        eta=eta,
        s_noise=s_noise,
        sigmas=sigmas.tolist(),
        states=np.array(states).reshape(steps + 1, -1).tolist(),
    )


cases = [run(8, 1.0, 1.0), run(4, 0.4, 1.1), run(3, 0.0, 1.0), run(1, 1.0, 1.0)]
written = dict(
    generator="tools/golden/flow_samplers.py",
    numpy=np.__version__,
    torch=torch.__version__,
    seeds=SEEDS,
    shape=SHAPE,
    cases=cases,
)
path = pathlib.Path(sys.argv[1]) / "diffusion/flow_samplers.json"
path.write_text(json.dumps(written, separators=(",", ":")) + "\n")
