#include "lienzo/checkpoints/original_file.h"

#include <fmt/format.h>

#include "lienzo/base/error.h"
#include "lienzo/checkpoints/layouts/autoencoder.h"
#include "lienzo/checkpoints/layouts/clip.h"
#include "lienzo/checkpoints/layouts/unet.h"
#include "lienzo/weights/tensor_union.h"

namespace lienzo::checkpoints {
namespace {

// SD 2 and the second encoder of XL are OpenCLIP's; the others keep the names of transformers.
std::shared_ptr<const weights::TensorFile> text_encoder(
    const Network<models::ClipTextConfig>& network, std::string_view prefix, bool open_clip) {
  const LayoutTable layout =
      open_clip ? open_clip_layout(network.config, network.config.num_hidden_layers)
                : LayoutTable({});
  return layout.foreign_file(network.tensors, prefix);
}

}  // namespace

std::unique_ptr<weights::TensorFile> as_original_file(const Checkpoint& model) {
  if (!model.unet && !model.vae) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("[convert] {}: a {} alone has no file in the original layout; convert "
                            "it to the diffusers layout",
                            model.path.string(),
                            name(model.family)));
  }
  std::vector<std::shared_ptr<const weights::TensorFile>> parts;
  if (model.unet) {
    parts.push_back(unet_layout(model.unet->config)
                        .foreign_file(model.unet->tensors, "model.diffusion_model."));
  }
  if (model.vae) {
    parts.push_back(autoencoder_layout(model.vae->config)
                        .foreign_file(model.vae->tensors, model.unet ? "first_stage_model." : ""));
  }
  const bool xl = is_xl(model.family);
  if (model.text_encoder) {
    const bool sd2 = model.family == Family::kSd2 || model.family == Family::kSd2Inpaint;
    parts.push_back(text_encoder(*model.text_encoder,
                                 xl    ? "conditioner.embedders.0.transformer."
                                 : sd2 ? "cond_stage_model.model."
                                       : "cond_stage_model.transformer.",
                                 sd2));
  }
  if (model.text_encoder_2) {
    parts.push_back(text_encoder(*model.text_encoder_2,
                                 model.family == Family::kSdXlRefiner
                                     ? "conditioner.embedders.0.model."
                                     : "conditioner.embedders.1.model.",
                                 /*open_clip=*/true));
  }
  return std::make_unique<weights::TensorUnion>(std::move(parts), model.path.filename().string());
}

}  // namespace lienzo::checkpoints
