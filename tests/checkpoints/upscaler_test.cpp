#include "lienzo/checkpoints/upscaler.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "../base/expect_error.h"
#include "../weights/temporary_folder.h"
#include "golden_models.h"
#include "lienzo/nn/prepare.h"
#include "lienzo/weights/load.h"
#include "lienzo/weights/safetensors.h"

namespace lienzo::checkpoints {
namespace {

const std::filesystem::path kFolder = LIENZO_TEST_DATA "/golden/upscalers";

template <class Network, class Config>
torch::Tensor answer(const Upscaler& upscaler, const torch::Tensor& x, bool prepared) {
  Network network(std::get<Config>(upscaler.config));
  weights::load_strict(*network, *upscaler.tensors);
  if (prepared) nn::prepare_for_inference(*network, torch::kFloat);
  return network->forward(x);
}

// tools/golden/upscalers.py
TEST(Upscaler, AnswersLikeItsAuthors) {
  const torch::NoGradGuard no_grad;
  const auto answers = weights::read_safetensors(kFolder / "answers.safetensors");
  const struct {
    const char* name;
    int64_t factor;
  } files[] = {{"esrgan_x4", 4},
               {"esrgan_x2", 2},
               {"esrgan_x1", 1},
               {"old_esrgan_x2", 2},
               {"old_esrgan_x4", 4},
               {"old_esrgan_x8", 8},
               {"srvgg_x2", 2},
               {"srvgg_x4", 4}};
  for (const auto& [name, factor] : files) {
    const Upscaler upscaler = open_upscaler(kFolder / (std::string(name) + ".pth"));
    EXPECT_EQ(upscaler.factor(), factor) << name;
    const bool small = std::string_view(name).starts_with("srvgg");
    EXPECT_EQ(upscaler.architecture(), small ? "SRVGGNetCompact" : "ESRGAN");
    const torch::Tensor &x = answers.at("x"), &reference = answers.at(name);
    for (const bool prepared : {false, true}) {
      const torch::Tensor got =
          small ? answer<models::SrvggNet, models::SrvggNetConfig>(upscaler, x, prepared)
                : answer<models::RrdbNet, models::RrdbNetConfig>(upscaler, x, prepared);
      ASSERT_EQ(got.sizes(), reference.sizes()) << name;
      const double error = ((got - reference).abs().max() / reference.abs().max()).item<double>();
      EXPECT_LE(error, 1e-5) << name << (prepared ? ", prepared" : "");
    }
  }
}

TEST(Upscaler, TellsHowManyLayersThereAre) {
  const weights::TemporaryFolder folder;
  const auto file_with = [&](int64_t convolutions, int64_t out) {
    std::vector<weights::NamedTensor> tensors;
    for (int64_t i = 0; i <= convolutions + 1; ++i) {
      const std::string name = "body." + std::to_string(2 * i);
      const int64_t channels = i <= convolutions ? 2 : out;
      tensors.emplace_back(name + ".weight", torch::zeros({channels, i == 0 ? 3 : 2, 3, 3}));
      tensors.emplace_back(name + ".bias", torch::zeros({channels}));
      if (i <= convolutions)
        tensors.emplace_back("body." + std::to_string(2 * i + 1) + ".weight", torch::zeros({2}));
    }
    weights::write_safetensors(folder / "upscaler.safetensors", tensors);
    return folder / "upscaler.safetensors";
  };
  for (const int64_t convolutions : {1, 32, 64}) {
    const auto config =
        std::get<models::SrvggNetConfig>(open_upscaler(file_with(convolutions, 48)).config);
    EXPECT_EQ(config.convolutions, convolutions);
    EXPECT_EQ(config.factor, 4);
  }
  expect_error(
      ErrorKind::kUnsupported, [&] { open_upscaler(file_with(65, 48)); }, "132 layers");
  expect_error(
      ErrorKind::kUnsupported, [&] { open_upscaler(file_with(2, 50)); }, "gives 50 channels");
}

TEST(Upscaler, TellsWhatIsNone) {
  expect_error(
      ErrorKind::kInvalidInput,
      [] { open_upscaler(golden("sd1") / "original.safetensors"); },
      "Stable Diffusion 1.x",
      "no upscaler");
  EXPECT_FALSE(is_upscaler(golden("sd1") / "original.safetensors"));
  EXPECT_TRUE(is_upscaler(kFolder / "old_esrgan_x8.pth"));
}

}  // namespace
}  // namespace lienzo::checkpoints
