"""Writes tests/golden/loras: tiny LoRAs in every layout for the models of tests/golden/stable_diffusion, and what
diffusers makes of them.

Run with torch 2.15 (CPU), diffusers 0.42.1, transformers 5.24, peft 0.21, after tools/golden/stable_diffusion:
    python tools/golden/loras.py tests/golden
`NAME.safetensors` is a LoRA, its numbers exact in fp16. `answers.safetensors` has what the networks say with it, in fp32
on one thread: `NAME.unet`, `NAME.text_encoder`, `NAME.text_encoder_2` for the inputs of
stable_diffusion/FAMILY/outputs (first row), and pictures `picture.FAMILY`, (H, W, 3) uint8. The metadata says which
family a LoRA is for, with which weights it was used, and how the pictures were made. diffusers has no Tucker
decomposition (lora_mid): there the formula of LyCORIS is added to the weights here.
"""
import json
import pathlib
import sys
import zlib

import diffusers
import numpy
import peft
import safetensors.torch
import torch
import transformers

sys.path.insert(0, str(pathlib.Path(__file__).parent / "stable_diffusion"))
import folder  # noqa: E402
import original  # noqa: E402

PROMPT, NEGATIVE = "a photo of a red cube on top of a blue cube", "a dog"

ATTENTION = ["down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q",
             "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_out.0",
             "down_blocks.1.attentions.1.transformer_blocks.0.attn2.to_k",
             "mid_block.attentions.0.transformer_blocks.0.attn2.to_v",
             "up_blocks.1.attentions.2.transformer_blocks.0.attn1.to_v"]
LINEAR = ["down_blocks.1.attentions.0.proj_in", "mid_block.attentions.0.proj_out",
          "up_blocks.1.attentions.0.transformer_blocks.0.ff.net.0.proj",
          "down_blocks.2.attentions.1.transformer_blocks.0.ff.net.2"]
CONVOLUTIONS = ["conv_in", "down_blocks.0.resnets.0.conv1", "down_blocks.0.downsamplers.0.conv",
                "down_blocks.2.resnets.0.conv_shortcut", "down_blocks.1.resnets.0.time_emb_proj",
                "mid_block.resnets.1.conv2", "up_blocks.0.upsamplers.0.conv", "up_blocks.1.resnets.2.conv_shortcut"]
XL_ENDS = ["conv_out", "time_embedding.linear_1", "add_embedding.linear_2"]
XL_DEEP = ["mid_block.attentions.0.transformer_blocks.2.attn1.to_k", "up_blocks.0.attentions.1.transformer_blocks.1.attn2.to_q"]
TEXT_ATTENTION = ["text_model.encoder.layers.0.self_attn.q_proj", "text_model.encoder.layers.1.self_attn.out_proj"]
TEXT = [*TEXT_ATTENTION, "text_model.encoder.layers.0.mlp.fc1", "text_model.encoder.layers.1.mlp.fc2"]


def shape_of(root, family, part, layer):
    files = {"unet": "diffusion_pytorch_model.safetensors"}
    tensors = safetensors.torch.load_file(root / family / "diffusers" / part / files.get(part, "model.safetensors"))
    return tuple(tensors[f"{layer}.weight"].shape)


class Pair:
    """down and up of one layer; mid too for a Tucker decomposition."""

    def __init__(self, name, shape, rank, tucker=False):
        generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
        kernel = shape[2:]
        ones = (1, 1) if kernel else ()
        draw = lambda size, fan_in: (torch.randn(size, generator=generator) * 0.8 * fan_in**-0.5).half()  # noqa: E731
        self.tucker = tucker and len(kernel) == 2 and kernel[0] > 1
        self.down = draw((rank, shape[1], *(ones if self.tucker else kernel)), shape[1] * max(1, numpy.prod(kernel)))
        self.mid = draw((rank, rank, *kernel), rank) if self.tucker else None
        self.up = draw((shape[0], rank, *ones), rank)


def kohya(name):
    return name.replace(".", "_")


def old_name(layer):
    """The names of attention processors, before PEFT: no trailing number, words of the U-Net in the text encoder too."""
    for new, old in {"q_proj": "to_q", "k_proj": "to_k", "v_proj": "to_v", "out_proj": "to_out", "to_out.0": "to_out"}.items():
        layer = layer.replace(new, old)
    return layer


class Lora:
    def __init__(self, family, layout, parts, rank=2, alpha=None, weights=(1.0, 1.0), mixed_ranks=False):
        self.family, self.layout, self.parts, self.rank, self.alpha = family, layout, parts, rank, alpha
        self.weights, self.mixed_ranks = weights, mixed_ranks  # of the U-Net and of the text encoders

    def layers(self, root, name):
        count = 0
        for part, layers in self.parts.items():
            for layer in layers:
                rank = self.rank + (count % 2 if self.mixed_ranks else 0)
                shape = shape_of(root, self.family, part, layer)
                yield part, layer, Pair(f"{name}/{part}/{layer}", shape, rank, self.layout == "tucker")
                count += 1

    def tensors(self, root, name):
        xl = self.family.startswith("sdxl")
        prefix = {"unet": "lora_unet_", "text_encoder": "lora_te1_" if xl else "lora_te_", "text_encoder_2": "lora_te2_"}
        config = json.loads((root / self.family / "diffusers/unet/config.json").read_text())
        tensors = {}
        for part, layer, pair in self.layers(root, name):
            if self.layout in ("kohya", "sgm", "tucker"):
                theirs = layer
                if self.layout == "sgm" and part == "unet":
                    theirs = original.unet_name(f"{layer}.weight", config).removesuffix(".weight")
                key = prefix[part] + kohya(theirs)
                tensors[f"{key}.lora_down.weight"], tensors[f"{key}.lora_up.weight"] = pair.down, pair.up
                if pair.mid is not None:
                    tensors[f"{key}.lora_mid.weight"] = pair.mid
                if self.alpha is not None:
                    tensors[f"{key}.alpha"] = torch.tensor(self.alpha, dtype=torch.float16)
                continue
            down, up = {
                "peft": (f"{part}.{layer}.lora_A.weight", f"{part}.{layer}.lora_B.weight"),
                "diffusers": (f"{part}.{layer}.lora.down.weight", f"{part}.{layer}.lora.up.weight"),
                "processor": (f"{old_name(layer)}_lora.down.weight", f"{old_name(layer)}_lora.up.weight"),
            }[self.layout]
            if self.layout == "diffusers" and part != "unet":
                down, up = (f"{part}.{layer}.lora_linear_layer.{end}.weight" for end in ("down", "up"))
            if self.layout == "processor":
                scope = "" if part == "unet" else f"{part}."
                down, up = (scope + end.replace("attn1.", "attn1.processor.").replace("attn2.", "attn2.processor.")
                            for end in (down, up))
            tensors[down], tensors[up] = pair.down, pair.up
        return tensors


SD1 = {"unet": ATTENTION + LINEAR, "text_encoder": TEXT}
XL = {"unet": [*ATTENTION, *XL_DEEP, "up_blocks.1.attentions.0.proj_in", *CONVOLUTIONS[:4], *CONVOLUTIONS[5:], *XL_ENDS],
      "text_encoder": TEXT, "text_encoder_2": [*TEXT, "text_projection"]}
LORAS = {
    "sd1_kohya": Lora("sd1", "kohya", SD1, alpha=1.0),
    "sd1_weighed": Lora("sd1", "kohya", SD1, weights=(0.75, -0.5)),
    "sd1_locon": Lora("sd1", "kohya", {"unet": CONVOLUTIONS, "text_encoder": TEXT_ATTENTION}, rank=3, alpha=2.0),
    "sd1_peft": Lora("sd1", "peft", {"unet": [*ATTENTION, *LINEAR, "conv_in"], "text_encoder": TEXT}, mixed_ranks=True),
    "sd1_diffusers": Lora("sd1", "diffusers", {"unet": ATTENTION, "text_encoder": TEXT}),
    "sd1_processor": Lora("sd1", "processor", {"unet": ATTENTION}),
    "sd1_tucker": Lora("sd1", "tucker", {"unet": CONVOLUTIONS}, rank=3, alpha=1.5),
    "sd2_kohya": Lora("sd2", "kohya", SD1, alpha=4.0),
    "sdxl_sgm": Lora("sdxl", "sgm", XL, alpha=1.0),
    "sdxl_kohya": Lora("sdxl", "kohya", {"unet": ATTENTION + XL_DEEP, "text_encoder_2": TEXT}, alpha=1.0),
    "sdxl_peft": Lora("sdxl", "peft", {"unet": ATTENTION, "text_encoder": TEXT_ATTENTION, "text_encoder_2": TEXT}),
}
# At most one for a text encoder: transformers forgets the numbers of the first when it loads the second.
PICTURES = {"sd1": {"sd1_kohya": (0.8, 0.4), "sd1_processor": (-0.5, 0.0)}, "sdxl": {"sdxl_sgm": (0.7, 0.7)}}
CALL = {"num_inference_steps": 5, "guidance_scale": 5.0, "width": 96, "height": 64}
SEED = 5


def load(root, name):
    family = LORAS[name].family
    xl = family == "sdxl"
    kind = diffusers.StableDiffusionXLPipeline if xl else diffusers.StableDiffusionPipeline
    extra = {} if xl else {"safety_checker": None, "feature_extractor": None}
    pipe = kind.from_pretrained(root / "stable_diffusion" / family / "diffusers", torch_dtype=torch.float32,
                                low_cpu_mem_usage=False, **extra)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def add(pipe, path, name, weights):
    """pipe.load_lora_weights() in its steps: it does not know that new versions of transformers leave `text_model.` out
    of the names in a text encoder without projection."""
    file = str(path / f"{name}.safetensors")
    if LORAS[name].layout == "processor":  # of a U-Net alone, without its name
        file = {f"unet.{key}": value for key, value in safetensors.torch.load_file(file).items()}
    state, alphas, metadata = pipe.lora_state_dict(file, unet_config=pipe.unet.config, return_lora_metadata=True)

    def renamed(values):
        start = "text_encoder.text_model."
        return {key.replace(start, "text_encoder.") if key.startswith(start) else key: value for key, value in values.items()}

    state, alphas = renamed(state), renamed(alphas) if alphas else alphas
    common = {"network_alphas": alphas, "adapter_name": name, "metadata": metadata, "_pipeline": pipe}
    pipe.load_lora_into_unet(state, unet=pipe.unet, **common)
    for part in ("text_encoder", "text_encoder_2"):
        if any(key.startswith(f"{part}.") for key in state):
            pipe.load_lora_into_text_encoder(state, text_encoder=getattr(pipe, part), prefix=part,
                                             lora_scale=pipe.lora_scale, **common)
    unet, text = weights
    return {"unet": unet, "text_encoder": text, "text_encoder_2": text}


def use(pipe, chosen):
    parts = {part for part in ("unet", "text_encoder", "text_encoder_2") if getattr(pipe, part, None) is not None}
    weights = [{part: value for part, value in each.items() if part in parts} for each in chosen.values()]
    pipe.set_adapters(list(chosen), adapter_weights=weights)


def add_tucker(pipe, root, name):
    lora = LORAS[name]
    for part, layer, pair in lora.layers(root / "stable_diffusion", name):
        weight = getattr(pipe, part).get_submodule(layer).weight
        down, up = pair.down.float().flatten(1), pair.up.float().flatten(1)
        if pair.mid is None:
            change = (pair.up.float().flatten(1) @ pair.down.float().flatten(1)).reshape(weight.shape)
        else:
            change = torch.einsum("nmkl,in,mj->ijkl", pair.mid.float(), up, down)
        weight.data += lora.alpha / pair.down.shape[0] * change


def given(root, family, part):
    return safetensors.torch.load_file(root / "stable_diffusion" / family / "outputs" / f"{part}.safetensors")


def answers(pipe, root, name):
    lora = LORAS[name]
    tensors = given(root, lora.family, "unet")
    added = {key: tensors[key][:1] for key in ("text_embeds", "time_ids") if key in tensors}
    said = {"unet": pipe.unet(tensors["x"][:1], tensors["t"][:1], tensors["context"][:1], added_cond_kwargs=added or None).sample}
    for part in lora.parts:
        if part == "unet":
            continue
        ids = given(root, lora.family, part)["input_ids"][:1]
        answer = getattr(pipe, part)(ids, output_hidden_states=True)
        said[part] = answer.last_hidden_state
        if part == "text_encoder_2":
            said[f"{part}.text_embeds"] = answer.text_embeds
    return {f"{name}.{key}": value for key, value in said.items()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    root = pathlib.Path(sys.argv[1])
    path = root / "loras"
    path.mkdir(exist_ok=True)
    said, metadata, pipes = {}, {}, {}
    with torch.no_grad():
        for name, lora in LORAS.items():
            folder.save(lora.tensors(root / "stable_diffusion", name), path / f"{name}.safetensors", {"format": "pt"})
            if lora.family not in pipes:
                pipes[lora.family] = load(root, name)
            pipe = pipes[lora.family]
            before = answers(pipe, root, name)
            if lora.layout == "tucker":
                kept = {key: value.clone() for key, value in pipe.unet.state_dict().items()}
                add_tucker(pipe, root, name)
            else:
                use(pipe, {name: add(pipe, path, name, lora.weights)})
            after = answers(pipe, root, name)
            for key in after:  # every part must have heard of it
                assert (after[key] - before[key]).abs().max() > 0.01 * before[key].abs().max(), key
            said |= after
            metadata[name] = json.dumps({"family": lora.family, "unet": lora.weights[0], "text": lora.weights[1]})
            if lora.layout == "tucker":
                pipe.unet.load_state_dict(kept)
            else:
                pipe.unload_lora_weights()
            print(name, flush=True)
        for family, chosen in PICTURES.items():
            pipe = pipes[family]
            use(pipe, {name: add(pipe, path, name, weights) for name, weights in chosen.items()})
            result = pipe(PROMPT, negative_prompt=NEGATIVE, generator=torch.Generator().manual_seed(SEED), output_type="np", **CALL)
            said[f"picture.{family}"] = torch.from_numpy((result.images[0] * 255).round().astype(numpy.uint8))
            metadata[f"picture.{family}"] = json.dumps({"loras": chosen, "seed": SEED} | CALL)
    metadata |= {"prompt": PROMPT, "negative": NEGATIVE}
    metadata |= {module.__name__: module.__version__ for module in (torch, diffusers, transformers, peft)}
    folder.save(said, path / "answers.safetensors", metadata)
    for file in sorted(path.iterdir()):
        print(file.name, file.stat().st_size)
