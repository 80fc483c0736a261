#!/usr/bin/env python3
"""Writes the PyTorch and GGUF files of tests/golden/weights, for tests/weights/torch_file_test.cpp and gguf_file_test.cpp.

    python tools/golden/weight_files.py

Needs: torch 2.15.0, gguf 0.19.0, numpy 1.26.4. About 50 kB:

torch_zip.pth, torch_legacy.pth   one state_dict in both formats: a 2x3 tensor of every type with the numbers -2..3 (0..5
                                  without a sign, odd or not for bool), and the ways in which tensors share storages
lightning.ckpt                    what a training program leaves beside its state_dict: callbacks, numpy numbers, settings
whole_module.pth                  a pickled module, which must be refused
types.gguf                        two rows of 256 numbers of every type, random blocks; beside each quantised tensor "x" the
                                  numbers that the reference reads from it as "x.expected"
"""

import collections
import datetime
import pathlib
import sys
import types

import gguf
import numpy
import torch

OUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "weights"
SEED = 3
SIGNED = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8"]
QUANTISED = ["Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K"]
# Where the half-precision scales of a block stand.
SCALES = {"Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}


def state_dict():
    numbers = torch.arange(-2, 4).reshape(2, 3)
    tensors = collections.OrderedDict((name, numbers.to(getattr(torch, name))) for name in SIGNED)
    tensors["uint8"] = torch.arange(6).reshape(2, 3).to(torch.uint8)
    tensors["bool"] = torch.arange(6).reshape(2, 3) % 2 == 1
    tensors["complex"] = torch.zeros(2, dtype=torch.complex64)
    tensors["single"] = torch.tensor(0.1)
    tensors["empty"] = torch.zeros(0, 3)
    tensors["n\u00fameros.\u65e5"] = torch.tensor([1.5])
    tensors["parameter"] = torch.nn.Parameter(torch.tensor([2.5, -2.5]))
    tensors["transposed"] = numbers.float().t()
    tensors["channels_last"] = torch.arange(24.0).reshape(1, 2, 3, 4).to(memory_format=torch.channels_last)
    fused = torch.arange(12.0).reshape(4, 3)
    tensors["part.0"], tensors["part.1"] = fused[:2], fused[2:]
    tensors["column"] = fused[:, 1]
    tensors["tied"] = tensors["part.0"]
    tensors["odd"] = (torch.arange(8) % 2 == 1)[3:6]
    tensors["position_ids"] = torch.arange(5).expand(1, -1)
    tensors._metadata = {"": {"version": 1}}
    return tensors


def stand_in(module, name):
    """A class that pickles under the name of one that is not installed here."""
    parts = module.split(".")
    for i in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:i]), types.ModuleType(".".join(parts[:i])))
    made = type(name, (), {"__module__": module})
    setattr(sys.modules[module], name, made)
    return made


def lightning_checkpoint():
    callback = stand_in("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint")
    settings = stand_in("omegaconf.dictconfig", "DictConfig")()
    settings.content = {"lr": 1e-4, "parent": settings, "kind": numpy.dtype("float32")}
    return {
        "epoch": 12,
        "global_step": 470000,
        "pytorch-lightning_version": "1.4.2",
        "lr": 1e-4,
        "finished": True,
        "state_dict": {
            "model.diffusion_model.out.2.weight": torch.arange(6.0).reshape(2, 3).half(),
            "alphas_cumprod": torch.tensor([0.5, 0.25]),
        },
        "callbacks": {
            callback: {
                "monitor": "val/loss",
                "best_model_score": torch.tensor(0.25),
                "best_k_models": {"a.ckpt": numpy.float64(0.25), "b.ckpt": numpy.float32(0.5)},
                "best_model_path": pathlib.PurePosixPath("logs/a.ckpt"),
                "when": datetime.datetime(2022, 8, 22),
            }
        },
        "optimizer_states": [{"state": {0: {"exp_avg": torch.ones(3)}}, "param_groups": [{"lr": 1e-4}]}],
        "lr_schedulers": [collections.defaultdict(list, {"last": [1, 2]}), collections.Counter("aab"), None],
        "loops": {"random": numpy.arange(3), "seen": {1, 2}, "shape": torch.Size([2, 3]), "dtype": torch.float16},
        "hyper_parameters": settings,
    }


def random_blocks(rng, name, rows):
    """Any bytes, but scales that are ordinary numbers."""
    elements, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[name]]
    blocks = rng.integers(0, 256, (rows * 256 // elements, size), dtype=numpy.uint8)
    for offset in SCALES[name]:
        scales = rng.normal(0, 0.1, len(blocks)).astype("<f2")
        blocks[:, offset : offset + 2] = scales.view(numpy.uint8).reshape(-1, 2)
    return blocks.reshape(rows, -1)


def write_gguf(path):
    rng = numpy.random.default_rng(SEED)
    writer = gguf.GGUFWriter(path, "sd1")
    writer.add_name("tipos \u00e1mbar")
    writer.add_quantization_version(2)
    writer.add_float32("test.number", 0.5)
    writer.add_bool("test.truth", True)
    writer.add_array("test.list", [1, -2, 3])
    writer.add_array("test.words", ["a", "b"])
    writer.add_array("test.long", list(range(100)))
    for name in QUANTISED:
        kind = gguf.GGMLQuantizationType[name]
        blocks = random_blocks(rng, name, 2)
        writer.add_tensor(name.lower(), blocks, raw_dtype=kind)
        writer.add_tensor(name.lower() + ".expected", gguf.quants.dequantize(blocks, kind))
    numbers = numpy.arange(-2, 4).reshape(2, 3)
    for code in ["f8", "f4", "f2", "i8", "i4", "i2", "i1"]:
        writer.add_tensor("plain." + code, numbers.astype(code))
    bfloat16 = (numbers.astype("<f4").view("<u4") >> 16).astype("<u2")
    writer.add_tensor("plain.bf16", bfloat16.view(numpy.uint8), raw_dtype=gguf.GGMLQuantizationType.BF16)
    # A convolution as ComfyUI-GGUF's converter stores it: in rows of 256, with its own shape beside it.
    convolution = random_blocks(rng, "Q4_K", 2)
    writer.add_tensor("conv", convolution, raw_dtype=gguf.GGMLQuantizationType.Q4_K)
    writer.add_array("comfy.gguf.orig_shape.conv", [8, 16, 2, 2])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    torch.save(state_dict(), OUT / "torch_zip.pth")
    torch.save(state_dict(), OUT / "torch_legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(lightning_checkpoint(), OUT / "lightning.ckpt")
    torch.save(torch.nn.Linear(2, 2), OUT / "whole_module.pth")
    write_gguf(OUT / "types.gguf")
