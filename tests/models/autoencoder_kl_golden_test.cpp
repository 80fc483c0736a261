#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "lienzo/models/autoencoder_kl.h"
#include "lienzo/weights/load.h"
#include "lienzo/weights/safetensors.h"

namespace lienzo::models {
namespace {

// tools/golden/networks.py
TEST(AutoencoderKlGolden, AnswersLikeDiffusers) {
  const torch::NoGradGuard no_grad;
  for (const char* name : {"autoencoder_kl", "autoencoder_kl_plain"}) {
    const std::string path =
        std::string(LIENZO_TEST_DATA "/golden/networks/") + name + ".safetensors";
    std::map<std::string, std::string> metadata;
    const auto tensors = weights::read_safetensors(path, &metadata);
    AutoencoderKl autoencoder(
        AutoencoderKlConfig::from_json(Json::parse(metadata.at("config")), name));
    weights::load_strict(
        *autoencoder, weights::SafetensorsFile::open(path), {.prefix = "weights."});
    const auto error = [&](const torch::Tensor& got, const char* expected) {
      const torch::Tensor& reference = tensors.at(expected);
      return ((got - reference).abs().max() / reference.abs().max()).item<double>();
    };
    const auto posterior = autoencoder->encode(tensors.at("x"));
    EXPECT_LE(error(posterior.mean, "mean"), 1e-5) << name;
    EXPECT_LE(error(posterior.logvar, "logvar"), 1e-5) << name;
    EXPECT_LE(error(autoencoder->decode(tensors.at("mean")), "decoded"), 1e-5) << name;
  }
}

}  // namespace
}  // namespace lienzo::models
