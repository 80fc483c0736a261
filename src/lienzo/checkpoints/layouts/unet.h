#pragma once

#include "lienzo/checkpoints/layouts/layout_table.h"
#include "lienzo/models/unet_2d_condition.h"

namespace lienzo::checkpoints {

/// The names that LDM and SGM give to the tensors of this U-Net: blocks counted through from the
/// input to the output. After huggingface/diffusers v0.30.3, loaders/single_file_utils.py,
/// convert_ldm_unet_checkpoint.
LayoutTable unet_layout(const models::UNet2DConditionConfig& config);

}  // namespace lienzo::checkpoints
