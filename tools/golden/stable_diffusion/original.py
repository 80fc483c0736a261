"""The single-file layout of the same models: names of LDM / SGM (U-Net, autoencoder), OpenCLIP and TAESD.

Each mapping goes from a diffusers name to the original one; the converters of diffusers must lead back to the same
tensors, otherwise `write` stops.
"""
import json
import re

import torch
from diffusers.loaders import single_file_utils

import folder

RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "norm2": "out_layers.0", "conv2": "out_layers.3",
          "time_emb_proj": "emb_layers.1", "conv_shortcut": "skip_connection"}
UNET_ENDS = {"time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
             "time_embedding.cond_proj": "time_embed.cond_proj",
             "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2",
             "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2"}
OPEN_CLIP_LAYER = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj",
                   "self_attn.out_proj": "attn.out_proj"}
OPEN_CLIP_ENDS = {"text_model.embeddings.token_embedding.weight": "token_embedding.weight",
                  "text_model.embeddings.position_embedding.weight": "positional_embedding",
                  "text_model.final_layer_norm.weight": "ln_final.weight",
                  "text_model.final_layer_norm.bias": "ln_final.bias"}


def unet_name(name, config):
    stem, end = name.rsplit(".", 1)
    if stem in UNET_ENDS:
        return f"{UNET_ENDS[stem]}.{end}"
    layers = config["layers_per_block"]
    if match := re.fullmatch(r"mid_block\.(resnets|attentions)\.(\d)\.(.*)", name):
        kind, number, rest = match.groups()
        return unet_inner(kind, f"middle_block.{2 * int(number) if kind == 'resnets' else 1}", rest)
    side, block, kind, number, rest = re.fullmatch(r"(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.*)", name).groups()
    block, number = int(block), int(number)
    attends = "CrossAttn" in config[f"{side}_block_types"][block]
    if side == "down":
        if kind == "downsamplers":
            return f"input_blocks.{(block + 1) * (layers + 1)}.0.op.{end}"
        position = f"input_blocks.{1 + block * (layers + 1) + number}"
    elif kind == "upsamplers":
        return f"output_blocks.{(block + 1) * (layers + 1) - 1}.{2 if attends else 1}.conv.{end}"
    else:
        position = f"output_blocks.{block * (layers + 1) + number}"
    return unet_inner(kind, f"{position}.{0 if kind == 'resnets' else 1}", rest)


def unet_inner(kind, scope, rest):
    if kind == "resnets":
        layer, end = rest.rsplit(".", 1)
        rest = f"{RESNET[layer]}.{end}"
    return f"{scope}.{rest}"


def vae_name(name, config):
    levels = len(config["block_out_channels"])
    name = re.sub(r"decoder\.up_blocks\.(\d)", lambda match: f"decoder.up.{levels - 1 - int(match[1])}", name)
    name = re.sub(r"encoder\.down_blocks\.(\d)", r"encoder.down.\1", name)
    name = re.sub(r"(down|up)\.(\d)\.resnets", r"\1.\2.block", name)
    name = re.sub(r"(down|up)samplers\.0", r"\1sample", name)
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda match: f"mid.block_{int(match[1]) + 1}", name)
    for old, new in {"mid_block.attentions.0": "mid.attn_1", "group_norm": "norm", "to_q": "q", "to_k": "k",
                     "to_v": "v", "to_out.0": "proj_out", "conv_norm_out": "norm_out",
                     "conv_shortcut": "nin_shortcut"}.items():
        name = name.replace(old, new)
    return name


def taesd_name(name):
    """Encoder unchanged; the decoder begins with a Clamp, which has a number but no weights."""
    side, number, rest = re.fullmatch(r"(encoder|decoder)\.layers\.(\d+)\.(.*)", name).groups()
    return side, f"{int(number) + (side == 'decoder')}.{rest}"


def unet(part, prefix="model.diffusion_model."):
    return {prefix + unet_name(key, part.config): value for key, value in folder.tensors(part).items()}


def vae(part, prefix="first_stage_model."):
    result = {}
    for key, value in folder.tensors(part).items():
        is_projection = re.search(r"mid_block\.attentions\.0\.to_.*weight", key)
        result[prefix + vae_name(key, part.config)] = value[:, :, None, None] if is_projection else value
    return result


def clip(part, prefix):
    positions = {f"{prefix}text_model.embeddings.position_ids": torch.arange(77)[None]}
    return {prefix + key: value for key, value in folder.tensors(part).items()} | positions


def open_clip(part, prefix, drops_last_layer):
    """OpenCLIP's text tower. SD 2 does not use its last layer nor the projection; its files hold them all the same."""
    state = folder.tensors(part)
    result = {}
    for key, value in state.items():
        if key in OPEN_CLIP_ENDS:
            result[prefix + OPEN_CLIP_ENDS[key]] = value
        elif key == "text_projection.weight":
            result[f"{prefix}text_projection"] = value.T.contiguous()
        else:
            layer, rest = re.fullmatch(r"text_model\.encoder\.layers\.(\d+)\.(.*)", key).groups()
            scope, (inner, end) = f"{prefix}transformer.resblocks.{layer}.", rest.rsplit(".", 1)
            if inner in OPEN_CLIP_LAYER:
                result[f"{scope}{OPEN_CLIP_LAYER[inner]}.{end}"] = value
            elif inner == "self_attn.q_proj":
                parts = [state[key.replace("q_proj", f"{which}_proj")] for which in "qkv"]
                result[f"{scope}attn.in_proj_{end}"] = torch.cat(parts)
    if drops_last_layer:
        width, layers = part.config.hidden_size, part.config.num_hidden_layers
        last = f"{prefix}transformer.resblocks.{layers}."
        result |= {key.replace(f"resblocks.{layers - 1}.", f"resblocks.{layers}."): value * 0.5
                   for key, value in result.items() if f"resblocks.{layers - 1}." in key}
        assert last + "ln_1.weight" in result
        result[f"{prefix}text_projection"] = torch.eye(width).half()
    result[f"{prefix}logit_scale"] = torch.tensor(4.6052)
    return result


def leftovers(family, part):
    """What training left in the published files and nothing reads: the noise schedule, an EMA copy."""
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64)**2
    alphas = (1 - betas).cumprod(0)
    left = {"betas": betas.half(), "alphas_cumprod": alphas.half()}
    if family.name == "sd1":
        before = torch.cat([torch.ones(1), alphas[:-1]])
        variance = betas * (1 - before) / (1 - alphas)
        left |= {"alphas_cumprod_prev": before, "sqrt_alphas_cumprod": alphas.sqrt(), "logvar": torch.zeros(1000),
                 "sqrt_one_minus_alphas_cumprod": (1 - alphas).sqrt(), "log_one_minus_alphas_cumprod": (1 - alphas).log(),
                 "sqrt_recip_alphas_cumprod": (1 / alphas).sqrt(), "sqrt_recipm1_alphas_cumprod": (1 / alphas - 1).sqrt(),
                 "posterior_variance": variance, "posterior_log_variance_clipped": variance.clamp(1e-20).log(),
                 "posterior_mean_coef1": betas * before.sqrt() / (1 - alphas),
                 "posterior_mean_coef2": (1 - before) * (1 - betas).sqrt() / (1 - alphas)}
        copied = [key for key in unet(part) if "input_blocks.0" in key or "time_embed" in key]
        left |= {"model_ema." + key.removeprefix("model.").replace(".", ""): unet(part)[key] * 2 for key in copied}
        left |= {"model_ema.decay": torch.tensor(0.9999), "model_ema.num_updates": torch.tensor(1, dtype=torch.int32)}
    return {key: value.half() if value.dtype == torch.float64 else value for key, value in left.items()}


def text_encoders(family, parts):
    """part -> (tensors in the single file, how diffusers reads them back)"""
    utils = single_file_utils
    if family.name.startswith("sd1"):
        return {"text_encoder": (clip(parts["text_encoder"], "cond_stage_model.transformer."),
                                 utils.convert_ldm_clip_checkpoint)}
    if family.name == "sd2":
        prefix = "cond_stage_model.model."
        return {"text_encoder": (open_clip(parts["text_encoder"], prefix, drops_last_layer=True),
                                 lambda file: utils.convert_open_clip_checkpoint(parts["text_encoder"], file, prefix))}
    prefix = f"conditioner.embedders.{1 if family.name == 'sdxl' else 0}.model."
    result = {"text_encoder_2": (open_clip(parts["text_encoder_2"], prefix, drops_last_layer=False),
                                 lambda file: utils.convert_open_clip_checkpoint(parts["text_encoder_2"], file, prefix))}
    if family.name == "sdxl":
        result["text_encoder"] = (clip(parts["text_encoder"], "conditioner.embedders.0.transformer."),
                                  utils.convert_ldm_clip_checkpoint)
    return result


def check(name, part, converted):
    """Whether diffusers reads from the single file exactly what the folder holds."""
    expected = folder.tensors(part)
    # Not part of the module: position ids; SD 2's unread layer and projection, which diffusers drops by full-size name.
    extra = {key for key in converted if key not in expected}
    allowed = re.compile(r".*position_ids|text_projection.weight|text_model\.encoder\.layers\.\d+\..*")
    assert all(allowed.fullmatch(key) for key in extra), (name, extra)
    for key, value in expected.items():
        assert torch.equal(converted[key].reshape(value.shape), value), (name, key)


def write(family, parts, target):
    if family.name == "taesd":
        files = {"encoder": {}, "decoder": {}}
        for key, value in folder.tensors(parts["taesd"]).items():
            side, original_name = taesd_name(key)
            files[side][original_name] = value
        for side, tensors in files.items():
            folder.save(tensors, target / f"taesd_{side}.safetensors")
        return
    if "vae" not in parts:
        return  # the distilled U-Net has no published single-file form
    tensors = unet(parts["unet"]) | vae(parts["vae"]) | leftovers(family, parts["unet"])
    config = dict(parts["unet"].config)
    check("unet", parts["unet"], single_file_utils.convert_ldm_unet_checkpoint(dict(tensors), config))
    check("vae", parts["vae"], single_file_utils.convert_ldm_vae_checkpoint(dict(tensors), parts["vae"].config))
    for name, (file, read_back) in text_encoders(family, parts).items():
        check(name, parts[name], read_back(dict(file)))
        tensors |= file
    # What shapes cannot tell of so small a model (groups, heads): under the keys that `lienzo model convert` writes.
    configs = {name: folder.config(part) for name, part in parts.items()} | {"scheduler": family.scheduler}
    metadata = {f"lienzo.config.{name}": json.dumps(value) for name, value in configs.items()}
    folder.save(tensors, target / "original.safetensors", metadata)
