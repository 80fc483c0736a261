"""The configurations of the published models. No numbers: built on the meta device for names and shapes.

Sources: CompVis/stable-diffusion v1-inference.yaml; Stability-AI/generative-models configs/inference/sd_2_1_768.yaml,
sd_xl_base.yaml, sd_xl_refiner.yaml; openai/CLIP; mlfoundations/open_clip model_configs/ViT-{H,bigG}-14.json;
madebyollin/taesd.
"""
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTextModelWithProjection

from families import CA_DOWN, CA_UP, DOWN, UP, Family

FOUR_LEVELS = {"down_block_types": (CA_DOWN, CA_DOWN, CA_DOWN, DOWN), "up_block_types": (UP, CA_UP, CA_UP, CA_UP),
               "block_out_channels": (320, 640, 1280, 1280)}
SD1 = FOUR_LEVELS | {"sample_size": 64, "cross_attention_dim": 768, "attention_head_dim": 8}
SD2 = FOUR_LEVELS | {"sample_size": 96, "cross_attention_dim": 1024, "attention_head_dim": [5, 10, 20, 20],
                     "use_linear_projection": True}
XL = {"sample_size": 128, "use_linear_projection": True, "addition_embed_type": "text_time",
      "addition_time_embed_dim": 256}
XL_BASE = XL | {"down_block_types": (DOWN, CA_DOWN, CA_DOWN), "up_block_types": (CA_UP, CA_UP, UP),
                "block_out_channels": (320, 640, 1280), "transformer_layers_per_block": [1, 2, 10],
                "attention_head_dim": [5, 10, 20], "cross_attention_dim": 2048,
                "projection_class_embeddings_input_dim": 2816}
XL_REFINER = XL | {"down_block_types": (DOWN, CA_DOWN, CA_DOWN, DOWN), "up_block_types": (UP, CA_UP, CA_UP, UP),
                   "block_out_channels": (384, 768, 1536, 1536), "transformer_layers_per_block": 4,
                   "attention_head_dim": [6, 12, 24, 24], "cross_attention_dim": 1280,
                   "projection_class_embeddings_input_dim": 2560}


def vae(scaling_factor, sample_size):
    return {"down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4,
            "block_out_channels": (128, 256, 512, 512), "layers_per_block": 2, "sample_size": sample_size,
            "scaling_factor": scaling_factor}


def clip(width, layers, heads, activation, projection):
    return {"hidden_size": width, "intermediate_size": 4 * width, "num_hidden_layers": layers,
            "num_attention_heads": heads, "hidden_act": activation, "projection_dim": projection, "vocab_size": 49408}


CLIP_L = (CLIPTextModel, clip(768, 12, 12, "quick_gelu", 768))
OPEN_CLIP_H = (CLIPTextModel, clip(1024, 23, 16, "gelu", 512))
OPEN_CLIP_G = (CLIPTextModelWithProjection, clip(1280, 32, 20, "gelu", 1280))

NETWORKS = {"sd15_unet": (UNet2DConditionModel, SD1), "sd15_inpaint_unet": (UNet2DConditionModel, SD1 | {"in_channels": 9}),
            "sd21_unet": (UNet2DConditionModel, SD2), "sdxl_unet": (UNet2DConditionModel, XL_BASE),
            "sdxl_refiner_unet": (UNet2DConditionModel, XL_REFINER), "clip_l": CLIP_L, "open_clip_h": OPEN_CLIP_H,
            "open_clip_g": OPEN_CLIP_G, "vae": (AutoencoderKL, vae(0.18215, 512)), "taesd": (AutoencoderTiny, {})}

# Whole single-file models, and what diffusers must take each for.
SINGLE_FILES = {
    "sd15": (Family("sd1", "", SD1, vae(0.18215, 512), {"text_encoder": CLIP_L}), "v1"),
    "sd21": (Family("sd2", "", SD2, vae(0.18215, 768), {"text_encoder": OPEN_CLIP_H}), "v2"),
    "sdxl": (Family("sdxl", "", XL_BASE, vae(0.13025, 1024),
                    {"text_encoder": CLIP_L, "text_encoder_2": OPEN_CLIP_G}), "xl_base"),
    "sdxl_refiner": (Family("sdxl_refiner", "", XL_REFINER, vae(0.13025, 1024), {"text_encoder_2": OPEN_CLIP_G}),
                     "xl_refiner"),
}
