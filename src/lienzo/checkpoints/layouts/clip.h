#pragma once

#include "lienzo/checkpoints/layouts/layout_table.h"
#include "lienzo/models/clip_text_model.h"

namespace lienzo::checkpoints {

/// The names that OpenCLIP (mlfoundations/open_clip, src/open_clip/transformer.py) gives to the
/// tensors of this text encoder: queries, keys and values in one matrix, the projection transposed.
/// SD 2 stops before the last layer; the layers that its files have beyond `config`, up to
/// `stored_layers`, and its projection are not read. After huggingface/diffusers v0.30.3,
/// loaders/single_file_utils.py, convert_open_clip_checkpoint.
LayoutTable open_clip_layout(const models::ClipTextConfig& config, int64_t stored_layers);

/// The names of a CLIPTextModel in transformers from v5 on, which begin one level deeper. Those of
/// before are ours and pass unchanged.
LayoutTable new_clip_layout();

}  // namespace lienzo::checkpoints
