"""Writes tests/golden/networks/sd15_step.safetensors: one step of a full-size Stable Diffusion 1.5 U-Net at 256 x 320.

Run with torch 2.15 (CPU) and diffusers 0.42.1, 5 GB of memory:
    python tools/golden/full_size_step.py tests/golden/networks
The weights are not stored: parameter `name` is what a ring of 1,000,003 normal numbers (a prime: no two rows are alike)
holds from the CRC-32 of the name on, as often around as it takes, times 0.7 / sqrt(fan in); norm weights are 1 + 0.2
times that, other vectors 0.1 times. So is what goes in, under the names "x" and "context". fp32; stored is the answer
(2, 4, 32, 40).
"""
import math
import pathlib
import sys
import zlib

import diffusers
import safetensors.torch
import torch
from diffusers import UNet2DConditionModel


RING = torch.randn(1_000_003, generator=torch.Generator().manual_seed(15))


def numbers(name, shape):
    count = math.prod(shape)
    ring = RING.roll(-(zlib.crc32(name.encode()) % len(RING)))
    return ring.repeat(count // len(ring) + 1)[:count].reshape(shape)


def weights(name, shape):
    noise = numbers(name, shape)
    if len(shape) > 1:
        return noise * (0.7 / noise[0].numel() ** 0.5)
    return 1 + 0.2 * noise if name.endswith(".weight") else 0.1 * noise


if __name__ == "__main__":
    with torch.device("meta"):
        unet = UNet2DConditionModel(cross_attention_dim=768, attention_head_dim=8)
    unet.to_empty(device="cpu")
    with torch.no_grad():
        for name, parameter in unet.named_parameters():
            parameter.copy_(weights(name, parameter.shape))
        out = unet.eval()(numbers("x", (2, 4, 32, 40)), torch.tensor([981, 20]), numbers("context", (2, 77, 768))).sample
    safetensors.torch.save_file({"out": out.contiguous()}, pathlib.Path(sys.argv[1]) / "sd15_step.safetensors",
                                {"torch": torch.__version__, "diffusers": diffusers.__version__})
    print(out.std().item(), out.abs().max().item())
