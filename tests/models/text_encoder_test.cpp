#include "lienzo/models/text_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "networks.h"

namespace lienzo::models {
namespace {

using ::testing::IsEmpty;

constexpr TextEncoderConfig kTextEncoder = {
    .vocabulary = 20, .width = 12, .layers = 2, .heads = 3, .max_text = 6};

TEST(CaptionBatch, StartsEveryCaptionPadsAndCuts) {
  const std::vector<std::vector<int>> captions = {{}, {5, 6}, {1, 2, 3, 4, 5, 6, 7}};
  const CaptionBatch batch = make_caption_batch(captions, 6);
  const torch::Tensor ids =
      torch::tensor({0, 0, 0, 0, 0, 0, 0, 5, 6, 0, 0, 0, 0, 1, 2, 3, 4, 5}, torch::kLong)
          .view({3, 6});
  EXPECT_TRUE(torch::equal(batch.ids, ids));
  EXPECT_TRUE(torch::equal(batch.mask.sum(1), torch::tensor({1, 3, 6}, torch::kLong)));
}

TEST(TextEncoder, PaddingChangesNothingAndEveryWordCounts) {
  const torch::NoGradGuard no_grad;
  TextEncoder encoder(kTextEncoder);
  randomize(*encoder, 1, 0.3);
  const std::vector<std::vector<int>> captions = {{5, 6}, {1, 2, 3, 4}};
  const auto together = encoder->forward(make_caption_batch(captions, 6));
  ASSERT_EQ(together.features.sizes(), (torch::IntArrayRef{2, 5, 12}));
  const auto alone = encoder->forward(make_caption_batch(std::span(captions).first(1), 6));
  EXPECT_TRUE(torch::allclose(together.features[0].narrow(0, 0, 3), alone.features[0], 1e-5, 1e-5));
  EXPECT_LT(together.bias[0][0][0][3].item<float>(), -1e8);
  EXPECT_EQ(together.bias[0][0][0][2].item<float>(), 0);
  // The first token sees the last: the whole caption is read in both directions.
  const std::vector<std::vector<int>> changed = {{1, 2, 3, 7}};
  const auto other = encoder->forward(make_caption_batch(changed, 6));
  EXPECT_FALSE(torch::allclose(together.features[1][0], other.features[0][0], 1e-3, 1e-3));
}

TEST(TextEncoder, GradientReachesEveryParameter) {
  TextEncoder encoder(kTextEncoder);
  randomize(*encoder, 2, 0.3);
  const std::vector<std::vector<int>> captions = {{1, 2, 3, 4, 5}};
  const auto output = encoder->forward(make_caption_batch(captions, 6));
  EXPECT_THAT(untouched(*encoder, (output.features * torch::randn_like(output.features)).sum()),
              IsEmpty());
}

}  // namespace
}  // namespace lienzo::models
