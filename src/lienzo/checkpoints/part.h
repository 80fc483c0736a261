#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lienzo::checkpoints {

/// The networks that a model is made of.
enum class Part {
  kUNet,
  kVae,
  kTextEncoder,   // CLIP-L of SD 1 and XL, OpenCLIP-H of SD 2
  kTextEncoder2,  // OpenCLIP-bigG of XL
  kTaesd,
};

/// As diffusers calls the part's folder: "unet", "vae", "text_encoder", "text_encoder_2", "taesd".
std::string_view name(Part part);

/// How the tensors of a part are called.
enum class Naming {
  kDiffusers,  // as diffusers and transformers do, and our networks with them
  kOriginal,   // as the first releases did: LDM and SGM, OpenCLIP, taesd.py
};

/// One part of a file: its tensors are those whose names begin with `prefix`.
struct FoundPart {
  Part part = Part::kUNet;
  std::string prefix;
  Naming naming = Naming::kDiffusers;

  bool operator==(const FoundPart&) const = default;
};

}  // namespace lienzo::checkpoints
