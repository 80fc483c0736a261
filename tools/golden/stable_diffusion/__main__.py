"""Writes tests/golden/stable_diffusion: a tiny model of every family of Stable Diffusion and what its networks answer.

Run with torch 2.15 (CPU), diffusers 0.42.1, transformers 5.24, safetensors:
    python tools/golden/stable_diffusion tests/golden/stable_diffusion
Per family: `diffusers/` (the folder layout), `original.safetensors` (the single-file layout, checked here with the
converters of diffusers) and `outputs/PART.safetensors` (inputs and answers in fp32, versions in the metadata).
Weights are random numbers that fp16 holds exactly, so a file in fp16 and a computation in fp32 lose nothing.
"""
import pathlib
import shutil
import sys

import torch

import families
import folder
import original
import outputs


def write_family(family, target):
    shutil.rmtree(target, ignore_errors=True)
    parts = family.build()
    folder.write(family, parts, target / "diffusers")
    original.write(family, parts, target)
    for name in family.asked or parts:
        outputs.write(family, name, parts[name], target / "outputs" / f"{name}.safetensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    root = pathlib.Path(sys.argv[1])
    for each in families.FAMILIES:
        write_family(each, root / each.name)
        print(each.name, sum(path.stat().st_size for path in (root / each.name).rglob("*") if path.is_file()))
