"""Writes tests/golden/peft_adapter: a LoRA as PEFT itself saves one (adapter_model.safetensors and adapter_config.json) for
the U-Net of tests/golden/stable_diffusion/sd1, and what that U-Net says with it.

Run with torch 2.15 (CPU), diffusers 0.42.1, peft 0.21, after tools/golden/stable_diffusion:
    python tools/golden/peft_adapter.py tests/golden
Its scale is in the settings alone: alpha is 6 and 3 for some, ranks are 2 and 3, and it is over their square root.
`answer.safetensors` has `unet`, in fp32 on one thread, for the inputs of stable_diffusion/sd1/outputs (first row).
"""
import json
import pathlib
import shutil
import sys

import diffusers
import peft
import safetensors.torch
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent / "stable_diffusion"))
import folder  # noqa: E402

LAYERS = ["down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q",
          "mid_block.attentions.0.transformer_blocks.0.attn2.to_v",
          "up_blocks.1.attentions.2.transformer_blocks.0.attn1.to_out.0",
          "up_blocks.1.attentions.0.proj_in", "down_blocks.0.resnets.0.conv1"]

if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.manual_seed(3)
    root = pathlib.Path(sys.argv[1])
    path = root / "peft_adapter"
    unet = diffusers.UNet2DConditionModel.from_pretrained(root / "stable_diffusion/sd1/diffusers/unet",
                                                          torch_dtype=torch.float32, low_cpu_mem_usage=False)
    given = safetensors.torch.load_file(root / "stable_diffusion/sd1/outputs/unet.safetensors")
    settings = peft.LoraConfig(r=2, lora_alpha=6, target_modules=LAYERS, use_rslora=True, init_lora_weights="gaussian",
                               rank_pattern={"proj_in": 3}, alpha_pattern={"attn2.to_v": 3, "up_blocks.1.attentions.0.proj_in": 5})
    with torch.no_grad():
        ask = lambda: unet(given["x"][:1], given["t"][:1], given["context"][:1]).sample  # noqa: E731
        before = ask()
        adapter = peft.get_peft_model(unet, settings)
        for name, weight in adapter.named_parameters():
            if "lora_" in name:
                weight.data = (torch.randn(weight.shape) * 0.5 * weight[0].numel()**-0.5).half().float()
        after = ask()
        assert (after - before).abs().max() > 0.05 * before.abs().max()
    shutil.rmtree(path, ignore_errors=True)
    adapter.save_pretrained(path)
    (path / "README.md").unlink()
    model = path / "adapter_model.safetensors"
    folder.save({key: value.half() for key, value in safetensors.torch.load_file(model).items()}, model, {"format": "pt"})
    config = json.loads((path / "adapter_config.json").read_text()) | {"base_model_name_or_path": None, "auto_mapping": None,
                                                                        "target_modules": LAYERS}
    (path / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    folder.save({"unet": after}, path / "answer.safetensors",
                {module.__name__: module.__version__ for module in (torch, diffusers, peft)})
