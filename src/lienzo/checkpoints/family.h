#pragma once

#include <string>
#include <string_view>

namespace lienzo::checkpoints {

/// What a model file is. Those up to kClipText can be opened; the rest is recognised so that a
/// message can say what a person gave and where it belongs.
enum class Family {
  kSd1,
  kSd1Inpaint,
  kSd2,
  kSd2Inpaint,
  kSdXl,
  kSdXlInpaint,
  kSdXlRefiner,
  kVae,          // a KL autoencoder alone
  kTaesd,        // a tiny autoencoder alone, or one half of it
  kClipText,     // a text encoder alone
  kOtherUNet,    // a U-Net of this kind with other inputs: depth, InstructPix2Pix, unCLIP, x4...
  kTransformer,  // a diffusion transformer: SD3, FLUX...
  kControlNet,   // and other controls: T2I-Adapter, IP-Adapter
  kLora,
  kTextualInversion,
  kUpscaler,  // of finished pictures: ESRGAN and its kin
  kLienzo,    // a network that `lienzo train` wrote
  kUnknown,
};

/// For people: "Stable Diffusion 1.x", "LoRA".
std::string_view name(Family family);
/// Whether a whole model of that family draws pictures, alone or with a part from another file.
bool draws(Family family);
/// Whether its U-Net takes mask and masked picture as well: nine channels.
bool inpaints(Family family);
/// SDXL base, inpainting or refiner.
bool is_xl(Family family);

/// What a file of `family` is and what to do with it, for the message that refuses it as a model:
/// "is a LoRA, which changes a model and is none itself".
std::string refusal(Family family);

}  // namespace lienzo::checkpoints
