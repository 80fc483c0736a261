"""The tiny families: the structure of the real ones (blocks, levels, text encoders), small in every width."""
import dataclasses
import zlib

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

import tokenizer

CA_DOWN, DOWN, CA_UP, UP = "CrossAttnDownBlock2D", "DownBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"
FOUR_LEVELS = {"down_block_types": (CA_DOWN, CA_DOWN, CA_DOWN, DOWN), "up_block_types": (UP, CA_UP, CA_UP, CA_UP),
               "block_out_channels": (4, 4, 8, 8), "norm_num_groups": 2, "layers_per_block": 2}
CLIP_L = {"hidden_size": 12, "intermediate_size": 24, "num_hidden_layers": 3, "num_attention_heads": 3,
          "hidden_act": "quick_gelu", "projection_dim": 12}
OPEN_CLIP = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 4, "num_attention_heads": 4,
             "hidden_act": "gelu", "projection_dim": 16}
SCALED_LINEAR = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1,
                 "num_train_timesteps": 1000, "trained_betas": None}
PNDM = {"_class_name": "PNDMScheduler", **SCALED_LINEAR, "clip_sample": False, "set_alpha_to_one": False,
        "skip_prk_steps": True}
DDIM_V = {"_class_name": "DDIMScheduler", **SCALED_LINEAR, "clip_sample": False, "set_alpha_to_one": False,
          "prediction_type": "v_prediction"}
EULER = {"_class_name": "EulerDiscreteScheduler", **SCALED_LINEAR, "interpolation_type": "linear",
         "prediction_type": "epsilon", "timestep_spacing": "leading", "use_karras_sigmas": False}


@dataclasses.dataclass
class Family:
    name: str
    pipeline: str  # the class that model_index.json names; "" for a family without one
    unet: dict | None = None
    vae: dict | None = None
    text: dict = dataclasses.field(default_factory=dict)  # part -> (class, settings)
    taesd: dict | None = None
    scheduler: dict | None = None
    index: dict = dataclasses.field(default_factory=dict)  # further keys of model_index.json
    asked: tuple = ()  # parts whose answers are written; () for all

    def build(self):
        """The parts, with random weights that depend on the family's and the part's name only."""
        makers = {"unet": (UNet2DConditionModel, self.unet), "vae": (AutoencoderKL, self.vae),
                  "taesd": (AutoencoderTiny, self.taesd)}
        parts = {name: kind(**settings) for name, (kind, settings) in makers.items() if settings is not None}
        for name, (kind, settings) in self.text.items():
            ids = {"vocab_size": tokenizer.vocabulary_size(), "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1}
            parts[name] = kind(CLIPTextConfig(**(ids | settings)))
        for name, part in parts.items():
            randomize(part, f"{self.name}/{name}")
        return parts


def randomize(module, name):
    """Numbers that keep activations near one, norms unlike the identity, everything exact in fp16. With full instead
    of 0.7 of the usual deviation, one rounding at the beginning grows to 1e-5 of the answer, in the reference too."""
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    with torch.no_grad():
        for key, parameter in module.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() > 1:
                fan_in = 4 if "embedding.weight" in key else parameter[0].numel()
                noise *= 0.7 * fan_in**-0.5
            elif key.endswith(".weight"):
                noise = 1 + 0.2 * noise
            else:
                noise *= 0.1
            parameter.copy_(noise.half())
    module.eval()


def vae(scaling_factor):
    return {"in_channels": 3, "out_channels": 3, "down_block_types": ("DownEncoderBlock2D",) * 4,
            "up_block_types": ("UpDecoderBlock2D",) * 4, "block_out_channels": (4, 4, 8, 8), "layers_per_block": 2,
            "latent_channels": 4, "norm_num_groups": 2, "sample_size": 64, "scaling_factor": scaling_factor}


def sd1_unet(**changes):
    return FOUR_LEVELS | {"sample_size": 8, "cross_attention_dim": 12, "attention_head_dim": 2} | changes


SD1_TEXT = {"text_encoder": (CLIPTextModel, CLIP_L)}
BIG_G = (CLIPTextModelWithProjection, OPEN_CLIP)

FAMILIES = [
    Family("sd1", "StableDiffusionPipeline", sd1_unet(), vae(0.18215), SD1_TEXT, scheduler=PNDM),
    Family("sd1_inpaint", "StableDiffusionInpaintPipeline", sd1_unet(in_channels=9), vae(0.18215), SD1_TEXT,
           scheduler=PNDM, asked=("unet",)),
    Family("sd2", "StableDiffusionPipeline",
           FOUR_LEVELS | {"sample_size": 12, "cross_attention_dim": 16, "attention_head_dim": [1, 1, 2, 2],
                          "use_linear_projection": True, "upcast_attention": True},
           vae(0.18215), {"text_encoder": (CLIPTextModel, OPEN_CLIP | {"num_hidden_layers": 3, "projection_dim": 8,
                                                                       "eos_token_id": tokenizer.end_id()})},
           scheduler=DDIM_V, asked=("unet", "text_encoder")),
    Family("sdxl", "StableDiffusionXLPipeline",
           {"sample_size": 16, "down_block_types": (DOWN, CA_DOWN, CA_DOWN), "up_block_types": (CA_UP, CA_UP, UP),
            "block_out_channels": (4, 4, 8), "norm_num_groups": 2, "layers_per_block": 2, "cross_attention_dim": 28,
            "attention_head_dim": [1, 2, 4], "use_linear_projection": True, "transformer_layers_per_block": [1, 2, 3],
            "addition_embed_type": "text_time", "addition_time_embed_dim": 8,
            "projection_class_embeddings_input_dim": 6 * 8 + 16},
           vae(0.13025) | {"force_upcast": True},
           {"text_encoder": (CLIPTextModel, CLIP_L), "text_encoder_2": BIG_G}, scheduler=EULER,
           index={"force_zeros_for_empty_prompt": True}),
    Family("sdxl_refiner", "StableDiffusionXLImg2ImgPipeline",
           {"sample_size": 16, "down_block_types": (DOWN, CA_DOWN, CA_DOWN, DOWN),
            "up_block_types": (UP, CA_UP, CA_UP, UP), "block_out_channels": (4, 4, 6, 6), "norm_num_groups": 2,
            "layers_per_block": 2, "cross_attention_dim": 16, "attention_head_dim": [2, 2, 3, 3],
            "use_linear_projection": True, "transformer_layers_per_block": 2, "addition_embed_type": "text_time",
            "addition_time_embed_dim": 8, "projection_class_embeddings_input_dim": 5 * 8 + 16},
           vae(0.13025) | {"force_upcast": True},
           {"text_encoder_2": BIG_G}, scheduler=EULER,
           index={"force_zeros_for_empty_prompt": False, "requires_aesthetics_score": True},
           asked=("unet",)),
    Family("lcm", "", sd1_unet(time_cond_proj_dim=16)),
    Family("taesd", "", taesd={"encoder_block_out_channels": (4,) * 4, "decoder_block_out_channels": (4,) * 4}),
]
