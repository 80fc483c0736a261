// Full-size networks, built from the configurations of the published models: every name and shape
// is that of the reference implementation.
#include <gtest/gtest.h>
#include <torch/types.h>

#include "golden_models.h"
#include "lienzo/models/autoencoder_kl.h"
#include "lienzo/models/autoencoder_tiny.h"
#include "lienzo/models/clip_text_model.h"
#include "lienzo/models/unet_2d_condition.h"
#include "lienzo/nn/skip_init.h"

namespace lienzo::checkpoints {
namespace {

template <class Module, class Config>
void expect_names(const std::string& network) {
  const nn::SkipInit guard;  // their memory is never touched
  const Module module(Config::from_json(config_of(network), network));
  Shapes built;
  for (const auto& item : module->named_parameters())
    built[item.key()] = item.value().sizes().vec();
  for (const auto& item : module->named_buffers()) built[item.key()] = item.value().sizes().vec();
  const Shapes expected = names_of(network);
  EXPECT_FALSE(expected.empty());
  for (const auto& [name, shape] : expected) {
    if (!built.contains(name)) {
      ADD_FAILURE() << network << " has no " << name;
      continue;
    }
    EXPECT_EQ(built[name], shape) << network << ": " << name;
  }
  for (const auto& [name, shape] : built)
    EXPECT_TRUE(expected.contains(name)) << network << ": " << name;
}

using UNetConfig = models::UNet2DConditionConfig;
using ClipConfig = models::ClipTextConfig;

TEST(Names, UNetOfSd15) { expect_names<models::UNet2DCondition, UNetConfig>("sd15_unet"); }
TEST(Names, UNetOfSd15ForInpainting) {
  expect_names<models::UNet2DCondition, UNetConfig>("sd15_inpaint_unet");
}
TEST(Names, UNetOfSd21) { expect_names<models::UNet2DCondition, UNetConfig>("sd21_unet"); }
TEST(Names, UNetOfSdxl) { expect_names<models::UNet2DCondition, UNetConfig>("sdxl_unet"); }
TEST(Names, UNetOfTheRefiner) {
  expect_names<models::UNet2DCondition, UNetConfig>("sdxl_refiner_unet");
}
TEST(Names, ClipL) { expect_names<models::ClipTextModel, ClipConfig>("clip_l"); }
TEST(Names, OpenClipH) { expect_names<models::ClipTextModel, ClipConfig>("open_clip_h"); }
TEST(Names, OpenClipG) { expect_names<models::ClipTextModel, ClipConfig>("open_clip_g"); }
TEST(Names, Autoencoder) {
  expect_names<models::AutoencoderKl, models::AutoencoderKlConfig>("vae");
}
TEST(Names, TinyAutoencoder) {
  expect_names<models::AutoencoderTiny, models::AutoencoderTinyConfig>("taesd");
}

}  // namespace
}  // namespace lienzo::checkpoints
