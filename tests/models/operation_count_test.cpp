#include "lienzo/models/operation_count.h"

#include <gtest/gtest.h>

namespace lienzo::models {
namespace {

// Counted by hooks on every layer of the reference: 0.89 convolution, 0.47 linear and 0.25
// attention for a step with guidance, 2.5 for a decoding, in 10^12.
TEST(OperationCount, IsThatOfTheReference) {
  UNet2DConditionConfig unet;
  unet.cross_attention_dim = 768;
  const Operations step = count_operations(unet, 2, 64, 64);
  EXPECT_NEAR(step.convolution * 1e-12, 0.84, 0.01);
  EXPECT_NEAR(step.matrix * 1e-12, 0.77, 0.01);
  AutoencoderKlConfig autoencoder;
  autoencoder.block_out_channels = {128, 256, 512, 512};
  autoencoder.layers_per_block = 2;
  EXPECT_NEAR(count_decoding(autoencoder, 64, 64).sum() * 1e-12, 2.5, 0.05);
  // Twice the weights for each token, and attention.
  ClipTextConfig text;
  text.hidden_size = 768;
  text.intermediate_size = 3072;
  EXPECT_NEAR(count_operations(text).sum() * 1e-9, 2 * 0.085 * 77 + 0.22, 0.2);
}

}  // namespace
}  // namespace lienzo::models
