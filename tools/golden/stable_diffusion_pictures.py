"""Writes tests/golden/stable_diffusion/pictures.safetensors: pictures that diffusers draws with the tiny models there.

Run with torch 2.15 (CPU), diffusers 0.42.1, transformers 5.24, after tools/golden/stable_diffusion:
    python tools/golden/stable_diffusion_pictures.py tests/golden/stable_diffusion
fp32 on one thread; each picture is (H, W, 3) uint8. What was asked stands in the metadata, as JSON by name, with the
configuration of the scheduler that drew it.
"""
import json
import pathlib
import sys

import diffusers
import numpy
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent / "stable_diffusion"))
import folder  # noqa: E402

PROMPT, NEGATIVE = "a photo of a red cube on top of a blue cube", "a dog"


def settings(scheduler, **changes):
    return {"scheduler": scheduler, "steps": 6, "guidance": 6.0, "seed": 7, "width": 96, "height": 64} | changes


def source():
    """A picture of our own to start from, and a mask: a square in the middle."""
    y, x = numpy.mgrid[0:64, 0:96]
    picture = numpy.stack([x * 255 // 95, y * 255 // 63, (x * 5 + y * 3) % 256], axis=-1).astype(numpy.uint8)
    mask = numpy.zeros((64, 96), numpy.uint8)
    mask[16:48, 32:72] = 255
    return picture, mask


def pipeline(kind, path, asked):
    # Published SD 1 and 2 folders carry a safety checker, which is not part of drawing.
    extra = {} if "XL" in kind.__name__ else {"safety_checker": None, "feature_extractor": None}
    pipe = kind.from_pretrained(path, torch_dtype=torch.float32, low_cpu_mem_usage=False, **extra)
    if asked["guidance"] < 1:
        # diffusers leaves guidance out up to 1; its own formula goes on below.
        pipe.__class__ = type("Guided", (kind,), {"do_classifier_free_guidance": True, "__module__": kind.__module__})
    pipe.set_progress_bar_config(disable=True)
    for encoder in (getattr(pipe, "text_encoder", None), getattr(pipe, "text_encoder_2", None)):
        if encoder is not None and not hasattr(encoder, "text_model"):
            encoder.__dict__["text_model"] = encoder  # where diffusers looks for the norm that clip_skip needs
    return pipe


def draw(root, family, asked):
    xl = family.startswith("sdxl")
    base = "StableDiffusionXL" if xl else "StableDiffusion"
    kind = getattr(diffusers, base + {"text": "", "picture": "Img2Img", "mask": "Inpaint"}[asked["task"]] + "Pipeline")
    pipe = pipeline(kind, root / family / "diffusers", asked)
    name, options = asked["scheduler"]
    if name:
        pipe.scheduler = getattr(diffusers, name).from_config(pipe.scheduler.config, **options)
    call = {"prompt": PROMPT, "num_inference_steps": asked["steps"], "guidance_scale": asked["guidance"],
            "generator": torch.Generator().manual_seed(asked["seed"]), "output_type": "np"}
    if asked.get("negative"):
        call["negative_prompt"] = NEGATIVE
    if "clip_skip" in asked:
        call["clip_skip"] = asked["clip_skip"]
    if "rescale" in asked:
        call["guidance_rescale"] = asked["rescale"]
    picture, mask = source()
    if asked["task"] == "text":
        call |= {"width": asked["width"], "height": asked["height"]}
    else:
        from PIL import Image
        call |= {"image": Image.fromarray(picture), "strength": asked["strength"]}
        if asked["task"] == "mask":
            call |= {"mask_image": Image.fromarray(mask), "width": asked["width"], "height": asked["height"]}
    with torch.no_grad():
        result = pipe(**call).images[0]
    config = {key: value for key, value in pipe.scheduler.config.items() if not key.startswith("_")}
    asked["config"] = json.dumps({"_class_name": type(pipe.scheduler).__name__} | config)  # may say -Infinity
    return torch.from_numpy((result * 255).round().astype(numpy.uint8))


EULER = ("EulerDiscreteScheduler", {"timestep_spacing": "leading"})
DPM = ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True})
OWN = ("", {})
ASKED = {
    "sd1.text": ("sd1", settings(OWN, task="text", negative=True)),
    "sd1.ddim": ("sd1", settings(("DDIMScheduler", {}), task="text")),
    "sd1.dpm": ("sd1", settings(DPM, task="text", negative=True)),
    # Without guidance: diffusers skips layers for the prompt only, web interfaces for both, and so do we.
    "sd1.clip_skip": ("sd1", settings(("DDIMScheduler", {}), task="text", guidance=1.0, clip_skip=1)),
    "sd1.ancestral": ("sd1", settings(("EulerAncestralDiscreteScheduler", {}), task="text", seed=3)),
    # eta is left to the pipeline, which passes 0.
    "sd1.tcd": ("sd1", settings(("TCDScheduler", {}), task="text", steps=4)),
    "sd1.below_one": ("sd1", settings(("DDIMScheduler", {}), task="text", guidance=0.4, negative=True)),
    "sd1.picture": ("sd1", settings(("DDIMScheduler", {}), task="picture", strength=0.6, negative=True)),
    "sd1.mask": ("sd1", settings(("DDIMScheduler", {}), task="mask", strength=1.0)),
    "sd1.mask_part": ("sd1", settings(EULER, task="mask", strength=0.7)),
    "sd1_inpaint.mask": ("sd1_inpaint", settings(("DDIMScheduler", {}), task="mask", strength=1.0, negative=True)),
    "sd1_inpaint.mask_part": ("sd1_inpaint", settings(("DDIMScheduler", {}), task="mask", strength=0.5)),
    "sd2.text": ("sd2", settings(OWN, task="text", negative=True, rescale=0.7)),
    "sd2.unipc": ("sd2", settings(("UniPCMultistepScheduler", {}), task="text")),
    "sdxl.text": ("sdxl", settings(OWN, task="text", negative=True)),
    "sdxl.no_negative": ("sdxl", settings(EULER, task="text", seed=11)),
    "sdxl.picture": ("sdxl", settings(OWN, task="picture", strength=0.5)),
    "sdxl_refiner.picture": ("sdxl_refiner", settings(OWN, task="picture", strength=0.4, negative=True)),
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    root = pathlib.Path(sys.argv[1])
    pictures = {name: draw(root, family, asked) for name, (family, asked) in ASKED.items()}
    start, mask = source()
    pictures |= {"source": torch.from_numpy(start), "source_mask": torch.from_numpy(mask)}
    metadata = {name: json.dumps({"family": family} | asked) for name, (family, asked) in ASKED.items()}
    metadata |= {"prompt": PROMPT, "negative": NEGATIVE, "torch": torch.__version__, "diffusers": diffusers.__version__}
    folder.save(pictures, root / "pictures.safetensors", metadata)
    for name, picture in pictures.items():
        print(name, tuple(picture.shape), picture.float().mean().item(), picture.float().std().item())
