"""Writes tests/golden/upscalers: tiny upscalers of pictures with random weights, in the files and under the names of
their authors, and what spandrel's implementation makes of a picture.

Run with torch and spandrel 0.4.2:
    python tools/golden/upscalers.py tests/golden/upscalers
fp32 on the CPU; seed 0. The versions that wrote them stand in the metadata of answers.safetensors.
"""
import importlib
import pathlib
import sys

import safetensors.torch
import spandrel
import torch

WIDTH, GROWTH, BLOCKS = 4, 2, 2


def let_dense_blocks_be_narrow():
    """spandrel writes their 32 channels out; ours shall have few, so that the files are small."""
    module = importlib.import_module("spandrel.architectures.ESRGAN.__arch.RRDB").B
    narrow = module.RRDB.__init__

    def init(self, *args, **kwargs):
        narrow(self, *args, **kwargs | {"gc": GROWTH})

    module.RRDB.__init__ = init


def convolution(state, name, inputs, outputs):
    state[f"{name}.weight"] = torch.randn(outputs, inputs, 3, 3) * (0.5 / (inputs * 9) ** 0.5 * 2)
    state[f"{name}.bias"] = torch.randn(outputs) * 0.1


def esrgan(folding):
    """The names of Real-ESRGAN (BasicSR)."""
    state = {}
    convolution(state, "conv_first", 3 * folding * folding, WIDTH)
    for block in range(BLOCKS):
        for dense in (1, 2, 3):
            for conv in range(1, 6):
                convolution(state, f"body.{block}.rdb{dense}.conv{conv}", WIDTH + (conv - 1) * GROWTH,
                            GROWTH if conv < 5 else WIDTH)
    for name in ("conv_body", "conv_up1", "conv_up2", "conv_hr"):
        convolution(state, name, WIDTH, WIDTH)
    convolution(state, "conv_last", WIDTH, 3)
    return state


def old_esrgan(doublings):
    """The names of ESRGAN's first files: layers by their number."""
    state = {}
    convolution(state, "model.0", 3, WIDTH)
    for block in range(BLOCKS):
        for dense in (1, 2, 3):
            for conv in range(1, 6):
                convolution(state, f"model.1.sub.{block}.RDB{dense}.conv{conv}.0", WIDTH + (conv - 1) * GROWTH,
                            GROWTH if conv < 5 else WIDTH)
    convolution(state, f"model.1.sub.{BLOCKS}", WIDTH, WIDTH)
    for i in range(1, doublings + 1):
        convolution(state, f"model.{3 * i}", WIDTH, WIDTH)
    convolution(state, f"model.{3 * doublings + 2}", WIDTH, WIDTH)
    convolution(state, f"model.{3 * doublings + 4}", WIDTH, 3)
    return state


def srvgg(factor, convolutions=3):
    state = {}
    for i in range(convolutions + 1):
        convolution(state, f"body.{2 * i}", 3 if i == 0 else WIDTH, WIDTH)
        state[f"body.{2 * i + 1}.weight"] = torch.rand(WIDTH)
    convolution(state, f"body.{2 * convolutions + 2}", WIDTH, 3 * factor * factor)
    return state


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    let_dense_blocks_be_narrow()
    torch.manual_seed(0)
    x = torch.rand(1, 3, 12, 20)
    answers = {"x": x}
    for name, state, wrapped in (("esrgan_x4", esrgan(1), "params_ema"), ("esrgan_x2", esrgan(2), "params_ema"),
                                 ("esrgan_x1", esrgan(4), "params"), ("old_esrgan_x4", old_esrgan(2), None),
                                 ("old_esrgan_x2", old_esrgan(1), None), ("old_esrgan_x8", old_esrgan(3), None),
                                 ("srvgg_x4", srvgg(4), "params"), ("srvgg_x2", srvgg(2), "params")):
        torch.save({wrapped: state} if wrapped else state, folder / f"{name}.pth")
        model = spandrel.ModelLoader().load_from_state_dict(dict(state))
        with torch.no_grad():
            answers[name] = model.model.eval()(x).contiguous()
        print(name, type(model.model).__name__, model.scale, answers[name].shape, answers[name].std().item())
    versions = {"torch": torch.__version__, "spandrel": spandrel.__version__}
    safetensors.torch.save_file(answers, folder / "answers.safetensors", versions)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
