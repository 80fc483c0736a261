#include "lienzo/checkpoints/family.h"

namespace lienzo::checkpoints {

std::string_view name(Family family) {
  switch (family) {
    case Family::kSd1: return "Stable Diffusion 1.x";
    case Family::kSd1Inpaint: return "Stable Diffusion 1.x for inpainting";
    case Family::kSd2: return "Stable Diffusion 2.x";
    case Family::kSd2Inpaint: return "Stable Diffusion 2.x for inpainting";
    case Family::kSdXl: return "Stable Diffusion XL";
    case Family::kSdXlInpaint: return "Stable Diffusion XL for inpainting";
    case Family::kSdXlRefiner: return "Stable Diffusion XL refiner";
    case Family::kVae: return "autoencoder";
    case Family::kTaesd: return "tiny autoencoder";
    case Family::kClipText: return "text encoder";
    case Family::kOtherUNet: return "U-Net with other inputs";
    case Family::kTransformer: return "diffusion transformer";
    case Family::kControlNet: return "control network";
    case Family::kLora: return "LoRA";
    case Family::kTextualInversion: return "textual inversion";
    case Family::kUpscaler: return "picture upscaler";
    case Family::kLienzo: return "network of lienzo train";
    case Family::kUnknown: break;
  }
  return "unknown";
}

bool draws(Family family) { return family <= Family::kSdXlRefiner; }

bool inpaints(Family family) {
  return family == Family::kSd1Inpaint || family == Family::kSd2Inpaint ||
         family == Family::kSdXlInpaint;
}

bool is_xl(Family family) {
  return family == Family::kSdXl || family == Family::kSdXlInpaint ||
         family == Family::kSdXlRefiner;
}

std::string refusal(Family family) {
  switch (family) {
    case Family::kVae:
      return "is an autoencoder, one part of a model; give it as --vae beside a model";
    case Family::kTaesd:
      return "is a tiny autoencoder (TAESD), one part of a model and none itself";
    case Family::kClipText: return "is a text encoder, one part of a model and none itself";
    case Family::kOtherUNet:
      return "has the U-Net of a relative of Stable Diffusion with other inputs (depth, "
             "InstructPix2Pix, unCLIP, the x4 upscaler, AnimateDiff, Playground...), which is not "
             "supported";
    case Family::kTransformer:
      return "is a diffusion transformer (Stable Diffusion 3, FLUX or the like), which is not "
             "supported yet";
    case Family::kControlNet:
      return "is a ControlNet, T2I-Adapter or IP-Adapter, which guides a model and is none itself";
    case Family::kLora:
      return "is a LoRA, which changes a model and is none itself; give the model it was made for, "
             "and this as --lora";
    case Family::kTextualInversion:
      return "is a textual inversion, a new word for a model and none itself; give the model it "
             "was made for";
    case Family::kUpscaler:
      return "is an upscaler of finished pictures (ESRGAN or the like) and draws none; give it to "
             "`lienzo upscale PICTURE --model`";
    case Family::kLienzo:
      return "is one network that `lienzo train` wrote; give the folder that holds its model.json";
    default: break;
  }
  return "holds nothing known: neither a U-Net, an autoencoder nor a text encoder of Stable "
         "Diffusion";
}

}  // namespace lienzo::checkpoints
