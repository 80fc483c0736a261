"""The diffusers layout: one folder per part with its config.json, and model_index.json."""
import json

import safetensors.torch
from diffusers import ConfigMixin

import diffusers
import tokenizer

CLASSES = {"CLIPTextModel": "transformers", "CLIPTextModelWithProjection": "transformers"}


def tensors(part):
    """The state of `part` in fp16 under the names of published files (new transformers leave `text_model.` out)."""
    state = {key: value.half().contiguous() for key, value in part.state_dict().items()}
    if type(part).__name__ == "CLIPTextModel":
        state = {key if key.startswith("text_model.") else f"text_model.{key}": value for key, value in state.items()}
    return state


def config(part):
    if isinstance(part, ConfigMixin):
        kept = {key: value for key, value in part.config.items() if key != "_use_default_values"}
        return {"_class_name": type(part).__name__, "_diffusers_version": diffusers.__version__} | kept
    kept = part.config.to_dict()
    names = ["attention_dropout", "bos_token_id", "eos_token_id", "hidden_act", "hidden_size", "initializer_factor",
             "initializer_range", "intermediate_size", "layer_norm_eps", "max_position_embeddings", "model_type",
             "num_attention_heads", "num_hidden_layers", "pad_token_id", "projection_dim", "vocab_size"]
    published = {"architectures": [type(part).__name__], "dropout": 0.0, "torch_dtype": "float16",
                 "transformers_version": "4.21.0.dev0"}
    return dict(sorted((published | {name: kept[name] for name in names}).items()))


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n")


def save(tensors, path, metadata=None):
    """As safetensors writes, which leaves the order of the metadata to chance, with the header in its order."""
    data = safetensors.torch.save({key: value.contiguous() for key, value in tensors.items()}, metadata)
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    if metadata:
        header["__metadata__"] = dict(sorted(metadata.items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length:])


def weights_name(part):
    return "diffusion_pytorch_model.safetensors" if isinstance(part, ConfigMixin) else "model.safetensors"


def write(family, parts, target):
    if not family.pipeline:  # a single network: its config.json and weights, no model_index.json
        (part,) = parts.values()
        write_json(target / "config.json", config(part))
        save(tensors(part), target / weights_name(part), {"format": "pt"})
        return
    index = {"_class_name": family.pipeline, "_diffusers_version": diffusers.__version__} | family.index
    for name, part in parts.items():
        index[name] = [CLASSES.get(type(part).__name__, "diffusers"), type(part).__name__]
        write_json(target / name / "config.json", config(part))
        save(tensors(part), target / name / weights_name(part), {"format": "pt"})
        if name.startswith("text_encoder"):
            folder = name.replace("text_encoder", "tokenizer")
            index[folder] = ["transformers", "CLIPTokenizer"]
            tokenizer.write(target / folder, "<|endoftext|>" if part.config.hidden_act == "quick_gelu" else "!")
    for absent in ("text_encoder", "tokenizer"):
        index.setdefault(absent, [None, None])
    if "XL" not in family.pipeline:
        index |= {"safety_checker": [None, None], "feature_extractor": [None, None]}
    index["scheduler"] = ["diffusers", family.scheduler["_class_name"]]
    write_json(target / "scheduler" / "scheduler_config.json", family.scheduler)
    write_json(target / "model_index.json", dict(sorted(index.items())))
