"""Writes tests/golden/networks/*.safetensors: networks of diffusers with random weights, an input and what they answer.

Run with torch and diffusers 0.30.3 (huggingface_hub<0.26):
    python tools/golden/networks.py tests/golden/networks
The versions that wrote a file stand in its metadata. fp32 on the CPU; seed 0.
"""
import json
import pathlib
import sys

import diffusers
import safetensors.torch
import torch
from diffusers import AutoencoderKL


def autoencoder_kl(folder, name, **settings):
    torch.manual_seed(0)
    model = AutoencoderKL(in_channels=3, out_channels=3, norm_num_groups=2, **settings).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.3)  # norms start at one and zero, which would hide a swap
        x = torch.randn(2, 3, 16, 24).clamp(-1, 1)
        posterior = model.encode(x).latent_dist
        decoded = model.decode(posterior.mean).sample
    tensors = {f"weights.{key}": value for key, value in model.state_dict().items()}
    tensors |= {"x": x, "mean": posterior.mean, "logvar": posterior.logvar, "decoded": decoded}
    config = {key: value for key, value in model.config.items() if not key.startswith("_")}
    config |= {"_class_name": "AutoencoderKL", "_diffusers_version": diffusers.__version__}
    metadata = {"config": json.dumps(config), "torch": torch.__version__, "diffusers": diffusers.__version__}
    tensors = {key: value.contiguous() for key, value in tensors.items()}
    safetensors.torch.save_file(tensors, folder / f"{name}.safetensors", metadata)


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    blocks = {"down_block_types": ["DownEncoderBlock2D"] * 2, "up_block_types": ["UpDecoderBlock2D"] * 2}
    autoencoder_kl(target, "autoencoder_kl", block_out_channels=[4, 6], layers_per_block=1, latent_channels=4, **blocks)
    autoencoder_kl(target, "autoencoder_kl_plain", block_out_channels=[4, 4], layers_per_block=2, latent_channels=2,
                   use_quant_conv=False, use_post_quant_conv=False, mid_block_add_attention=False, **blocks)
