#include "lienzo/checkpoints/part.h"

namespace lienzo::checkpoints {

std::string_view name(Part part) {
  switch (part) {
    case Part::kUNet: return "unet";
    case Part::kVae: return "vae";
    case Part::kTextEncoder: return "text_encoder";
    case Part::kTextEncoder2: return "text_encoder_2";
    case Part::kTaesd: break;
  }
  return "taesd";
}

}  // namespace lienzo::checkpoints
