"""Writes tests/golden/names: every name and shape of the published networks, from the reference implementation.

Run with torch 2.15 (CPU), diffusers 0.42.1, transformers 5.24:
    python tools/golden/stable_diffusion/names.py tests/golden/names
NETWORK.txt holds the diffusers names ("conv_in.weight 320x4x3x3", sorted), NETWORK.json the configuration;
MODEL.original.txt the names of a whole single file, which diffusers must recognise and map back to NETWORK.txt.
"""
import json
import pathlib
import sys

import torch
from diffusers import ConfigMixin
from diffusers.loaders import single_file_utils
from transformers import CLIPTextConfig

import folder
import full_size
import original


def build(kind, settings):
    with torch.device("meta"):
        return kind(**settings) if issubclass(kind, ConfigMixin) else kind(CLIPTextConfig(**settings))


def lines(tensors):
    return "".join(f"{name} {'x'.join(map(str, tensor.shape))}\n" for name, tensor in sorted(tensors.items()))


def shapes(tensors):
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def write_single_file(target, name, family, expected_type):
    parts = {"unet": build(full_size.UNet2DConditionModel, family.unet), "vae": build(full_size.AutoencoderKL, family.vae)}
    parts |= {part: build(*network) for part, network in family.text.items()}
    file = original.unet(parts["unet"]) | original.vae(parts["vae"])
    for part, (tensors, read_back) in original.text_encoders(family, parts).items():
        file |= tensors
        converted = {key: value for key, value in shapes(read_back(dict(tensors))).items() if "position_ids" not in key}
        assert converted == shapes(folder.tensors(parts[part])), (name, part)
    config = dict(parts["unet"].config)
    converted = single_file_utils.convert_ldm_unet_checkpoint(dict(file), config)
    assert shapes(converted) == shapes(folder.tensors(parts["unet"])), name
    converted = single_file_utils.convert_ldm_vae_checkpoint(dict(file), parts["vae"].config)
    assert shapes(converted) == shapes(folder.tensors(parts["vae"])), name
    assert single_file_utils.infer_diffusers_model_type(file) == expected_type
    (target / f"{name}.original.txt").write_text(lines(file))


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for name, network in full_size.NETWORKS.items():
        part = build(*network)
        (target / f"{name}.txt").write_text(lines(folder.tensors(part)))
        (target / f"{name}.json").write_text(json.dumps(folder.config(part), indent=2) + "\n")
    for name, (family, expected_type) in full_size.SINGLE_FILES.items():
        write_single_file(target, name, family, expected_type)
