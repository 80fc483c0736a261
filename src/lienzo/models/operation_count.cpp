#include "lienzo/models/operation_count.h"

#include <algorithm>

namespace lienzo::models {
namespace {

class Counter {
 public:
  // A convolution of kernel x kernel that makes `cells` pixels.
  void convolution(int64_t in, int64_t out, double cells, int64_t kernel = 3) {
    counted.convolution += 2.0 * static_cast<double>(in * out * kernel * kernel) * cells;
  }
  void linear(int64_t in, int64_t out, double rows) {
    counted.matrix += 2.0 * static_cast<double>(in * out) * rows;
  }
  // Both products of attention, over all heads.
  void attention(int64_t width, double queries, double keys) {
    counted.matrix += 4.0 * static_cast<double>(width) * queries * keys;
  }
  void resnet(int64_t in, int64_t out, double cells) {
    convolution(in, out, cells);
    convolution(out, out, cells);
    if (in != out) convolution(in, out, cells, 1);
  }
  void transformer(int64_t width, int64_t layers, int64_t context, double cells, double tokens) {
    linear(width, 2 * width, cells);  // in and out
    for (int64_t i = 0; i < layers; ++i) {
      linear(width, 4 * width, cells);
      attention(width, cells, cells);
      linear(width, 2 * width, cells);
      linear(context, 2 * width, tokens);
      attention(width, cells, tokens);
      linear(width, 8 * width, cells);
      linear(4 * width, width, cells);
    }
  }
  Operations counted;
};

}  // namespace

Operations count_operations(const UNet2DConditionConfig& config,
                            int64_t rows,
                            int64_t height,
                            int64_t width,
                            int64_t tokens) {
  Counter count;
  const auto& widths = config.block_out_channels;
  const auto text = static_cast<double>(tokens);
  double cells = static_cast<double>(height * width);
  const auto attend = [&](size_t level) {
    count.transformer(
        widths[level], config.transformer_layers[level], config.cross_attention_dim, cells, text);
  };
  count.convolution(config.in_channels, widths.front(), cells);
  count.convolution(widths.front(), config.out_channels, cells);
  for (size_t level = 0; level < widths.size(); ++level, cells /= 4) {
    const int64_t own = widths[level], above = widths[level == 0 ? 0 : level - 1];
    const int64_t below = widths[std::min(level + 1, widths.size() - 1)];
    for (int64_t i = 0; i < config.layers_per_block; ++i) {
      count.resnet(i == 0 ? above : own, own, cells);
      if (config.cross_attention_levels[level]) attend(level);
    }
    for (int64_t i = 0; i <= config.layers_per_block; ++i) {
      const int64_t skip = i == config.layers_per_block ? above : own;
      count.resnet((i == 0 ? below : own) + skip, own, cells);
      if (config.cross_attention_levels[level]) attend(level);
    }
    if (level > 0) count.convolution(own, own, cells * 4);
    if (level + 1 < widths.size()) {
      count.convolution(own, own, cells / 4);
      continue;
    }
    count.resnet(own, own, cells);
    attend(level);
    count.resnet(own, own, cells);
  }
  const auto many = static_cast<double>(rows);
  return {count.counted.convolution * many, count.counted.matrix * many};
}

Operations count_decoding(const AutoencoderKlConfig& config, int64_t height, int64_t width) {
  Counter count;
  const auto& widths = config.block_out_channels;
  double cells = static_cast<double>(height * width);
  count.convolution(config.latent_channels, widths.back(), cells);
  count.resnet(widths.back(), widths.back(), cells);
  count.resnet(widths.back(), widths.back(), cells);
  if (config.mid_block_add_attention) {
    count.linear(widths.back(), 4 * widths.back(), cells);
    count.attention(widths.back(), cells, cells);
  }
  for (size_t level = widths.size(); level-- > 0;) {
    const int64_t below = widths[std::min(level + 1, widths.size() - 1)];
    for (int64_t i = 0; i <= config.layers_per_block; ++i)
      count.resnet(i == 0 ? below : widths[level], widths[level], cells);
    if (level == 0) break;
    cells *= 4;
    count.convolution(widths[level], widths[level], cells);
  }
  count.convolution(widths.front(), config.out_channels, cells);
  return count.counted;
}

Operations count_operations(const ClipTextConfig& config, int64_t tokens) {
  Counter count;
  const auto rows = static_cast<double>(tokens);
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) {
    count.linear(config.hidden_size, 4 * config.hidden_size, rows);
    count.attention(config.hidden_size, rows, rows);
    count.linear(config.hidden_size, 2 * config.intermediate_size, rows);
  }
  return count.counted;
}

}  // namespace lienzo::models
