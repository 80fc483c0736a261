#include <gtest/gtest.h>
#include <torch/types.h>

#include "../base/expect_error.h"
#include "golden_models.h"
#include "lienzo/checkpoints/layouts/autoencoder.h"
#include "lienzo/checkpoints/layouts/clip.h"
#include "lienzo/checkpoints/layouts/unet.h"

namespace lienzo::checkpoints {
namespace {

using weights::TensorList;

// What a network sees of a file that has only names and shapes.
Shapes seen(const LayoutTable& layout, const Shapes& foreign, const std::string& prefix) {
  Shapes shapes;
  for (const weights::ViewEntry& entry : layout.view_of(index_of(foreign), prefix)) {
    std::vector<int64_t> shape = foreign.at(entry.source);
    if (entry.rows) shape[0] = entry.rows->second - entry.rows->first;
    if (entry.drop_unit_dims && shape.size() > 2) shape.resize(2);
    if (entry.transpose) std::swap(shape[0], shape[1]);
    EXPECT_TRUE(shapes.emplace(entry.name, shape).second) << entry.name;
  }
  return shapes;
}

models::UNet2DConditionConfig unet(const std::string& network) {
  return models::UNet2DConditionConfig::from_json(config_of(network), network);
}
models::ClipTextConfig clip(const std::string& network) {
  return models::ClipTextConfig::from_json(config_of(network), network);
}

TEST(Layouts, PublishedUNets) {
  for (const auto& [file, network] : {std::pair{"sd15.original", "sd15_unet"},
                                      {"sd21.original", "sd21_unet"},
                                      {"sdxl.original", "sdxl_unet"},
                                      {"sdxl_refiner.original", "sdxl_refiner_unet"}}) {
    EXPECT_EQ(seen(unet_layout(unet(network)), names_of(file), "model.diffusion_model."),
              names_of(network))
        << network;
  }
}

TEST(Layouts, PublishedAutoencoder) {
  const auto config = models::AutoencoderKlConfig::from_json(config_of("vae"), "vae");
  EXPECT_EQ(seen(autoencoder_layout(config), names_of("sd15.original"), "first_stage_model."),
            names_of("vae"));
}

TEST(Layouts, PublishedTextEncoders) {
  EXPECT_EQ(seen(open_clip_layout(clip("open_clip_h"), 24),
                 names_of("sd21.original"),
                 "cond_stage_model.model."),
            names_of("open_clip_h"));
  EXPECT_EQ(seen(open_clip_layout(clip("open_clip_g"), 32),
                 names_of("sdxl.original"),
                 "conditioner.embedders.1.model."),
            names_of("open_clip_g"));
  EXPECT_EQ(seen(LayoutTable({}), names_of("sd15.original"), "cond_stage_model.transformer."),
            names_of("clip_l"));
}

TEST(Layouts, NewNamesOfTransformers) {
  Shapes flat;
  for (const auto& [name, shape] : names_of("clip_l"))
    flat[name.substr(std::string("text_model.").size())] = shape;
  EXPECT_EQ(seen(new_clip_layout(), flat, ""), names_of("clip_l"));
}

TEST(Layouts, OldNamesOfAutoencodersInDiffusers) {
  Shapes old = names_of("vae");
  for (const std::string side : {"encoder", "decoder"}) {
    for (const auto& [now, then] : {std::pair{"to_q", "query"},
                                    {"to_k", "key"},
                                    {"to_v", "value"},
                                    {"to_out.0", "proj_attn"}}) {
      for (const std::string leaf : {".weight", ".bias"}) {
        const std::string scope = side + ".mid_block.attentions.0.";
        auto node = old.extract(scope + now + leaf);
        node.key() = scope + then + leaf;
        old.insert(std::move(node));
      }
    }
  }
  EXPECT_EQ(seen(old_autoencoder_layout(), old, ""), names_of("vae"));
}

TEST(Layouts, WhatNoEntryFitsKeepsItsNameForTheStrictLoad) {
  const LayoutTable layout({{"a", "b"}, {"a.x", "c"}});
  EXPECT_EQ(seen(layout, {{"p.a.w", {1}}, {"p.a.x", {2}}, {"p.ax", {3}}, {"q.a", {4}}}, "p."),
            (Shapes{{"b.w", {1}}, {"c", {2}}, {"ax", {3}}}));
}

TEST(Layouts, ShapesThatDoNotFitAreLeftForTheStrictLoad) {
  const LayoutTable layout({{"conv", "linear", Change::kUnitDims},
                            {"fused", "q", Change::kFirstThird},
                            {"fused", "k", Change::kSecondThird},
                            {"fused", "v", Change::kLastThird},
                            {"matrix", "turned", Change::kTransposed}});
  EXPECT_EQ(
      seen(layout, {{"conv", {4, 4, 3, 3}}, {"fused", {7}}, {"matrix", {2}}}, ""),
      (Shapes{{"linear", {4, 4, 3, 3}}, {"q", {7}}, {"k", {7}}, {"v", {7}}, {"turned", {2}}}));
}

TEST(Layouts, ForeignFilesAreMadeFromOurs) {
  const LayoutTable layout({{"conv", "linear", Change::kUnitDims},
                            {"qkv", "q.weight", Change::kFirstThird},
                            {"qkv", "k.weight", Change::kSecondThird},
                            {"qkv", "v.weight", Change::kLastThird},
                            {"projection", "p.weight", Change::kTransposed}});
  const torch::Tensor numbers = torch::arange(6, torch::kHalf).view({2, 3});
  const auto ours =
      std::make_shared<TensorList>(std::vector<weights::NamedTensor>{{"v.weight", numbers + 2},
                                                                     {"linear.weight", numbers},
                                                                     {"linear.bias", numbers[0]},
                                                                     {"q.weight", numbers},
                                                                     {"k.weight", numbers + 1},
                                                                     {"p.weight", numbers}},
                                   "ours");
  const auto foreign = layout.foreign_file(ours, "m.");
  EXPECT_EQ(shapes_of(foreign->index()),
            (Shapes{{"m.conv.weight", {2, 3, 1, 1}},
                    {"m.conv.bias", {3}},
                    {"m.qkv", {6, 3}},
                    {"m.projection", {3, 2}}}));
  EXPECT_EQ(foreign->index().find("m.qkv")->bytes, 36u);
  EXPECT_TRUE(foreign->read("m.qkv").equal(torch::cat({numbers, numbers + 1, numbers + 2})));
  EXPECT_TRUE(foreign->read("m.projection").equal(numbers.t()));
  EXPECT_TRUE(foreign->read("m.conv.weight").equal(numbers.view({2, 3, 1, 1})));
}

TEST(Layouts, ThirdsThatDoNotFitTogetherAreRefused) {
  const LayoutTable layout({{"qkv", "q", Change::kFirstThird},
                            {"qkv", "k", Change::kSecondThird},
                            {"qkv", "v", Change::kLastThird}});
  const auto make = [&](std::vector<weights::NamedTensor> tensors) {
    return [&layout, tensors] {
      layout.foreign_file(std::make_shared<TensorList>(tensors, "ours"), "");
    };
  };
  const torch::Tensor a = torch::zeros({2, 2});
  expect_error(ErrorKind::kCorrupt, make({{"q", a}, {"k", a}}), "ours", "'qkv'");
  expect_error(ErrorKind::kCorrupt, make({{"k", a}, {"v", a}}), "'qkv'");
  expect_error(
      ErrorKind::kCorrupt, make({{"q", a}, {"k", a}, {"v", torch::zeros({3, 2})}}), "'qkv'");
}

}  // namespace
}  // namespace lienzo::checkpoints
