// LoRA files against diffusers (tools/golden/loras.py), and every way to be wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <functional>

#include "golden_models.h"
#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/hash.h"
#include "lienzo/checkpoints/checkpoint.h"
#include "lienzo/checkpoints/lora_facts.h"
#include "lienzo/checkpoints/lora_file.h"
#include "lienzo/checkpoints/lora_merge.h"
#include "lienzo/checkpoints/lora_names.h"
#include "lienzo/models/clip_text_model.h"
#include "lienzo/models/unet_2d_condition.h"
#include "lienzo/weights/load.h"
#include "lienzo/weights/safetensors.h"

namespace lienzo::checkpoints {
namespace {

namespace fs = std::filesystem;
using Tensors = std::map<std::string, torch::Tensor>;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const fs::path kLoras = LIENZO_TEST_DATA "/golden/loras";

fs::path lora(const std::string& name) { return kLoras / (name + ".safetensors"); }

struct Answers {
  std::map<std::string, std::string> metadata;
  Tensors tensors = weights::read_safetensors(kLoras / "answers.safetensors", &metadata);
};
const Answers& answers() {
  static const Answers all;
  return all;
}

double error(const torch::Tensor& got, const torch::Tensor& expected) {
  EXPECT_EQ(got.sizes(), expected.sizes());
  return ((got - expected).abs().max() / expected.abs().max()).item<double>();
}

template <class Module, class Config>
Module build(const Network<Config>& network) {
  Module module(network.config);
  weights::load_strict(*module, *network.tensors);
  module->eval();
  return module;
}

torch::Tensor first(const Tensors& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  return found == tensors.end() ? torch::Tensor() : found->second.slice(0, 0, 1);
}

torch::Tensor ask_unet(const Checkpoint& model, const std::string& family) {
  auto unet = build<models::UNet2DCondition>(*model.unet);
  const Tensors given = weights::read_safetensors(golden(family + "/outputs/unet.safetensors"));
  const models::UNetConditioning conditioning{.context = first(given, "context"),
                                              .pooled_text = first(given, "text_embeds"),
                                              .time_ids = first(given, "time_ids"),
                                              .guidance = {}};
  return unet(first(given, "x"), first(given, "t").to(torch::kFloat), conditioning);
}

void expect_text_encoder(const Network<models::ClipTextConfig>& network,
                         const std::string& family,
                         const std::string& part,
                         const std::string& name) {
  const auto found = answers().tensors.find(name + "." + part);
  if (found == answers().tensors.end()) return;
  auto encoder = build<models::ClipTextModel>(network);
  const Tensors given =
      weights::read_safetensors(golden(family + "/outputs/" + part + ".safetensors"));
  const auto said = encoder(first(given, "input_ids"), 0, /*normed=*/true);
  EXPECT_LE(error(said.hidden, found->second), 1e-5) << name << " " << part;
  const auto pooled = answers().tensors.find(name + "." + part + ".text_embeds");
  if (pooled != answers().tensors.end()) {
    EXPECT_LE(error(said.pooled, pooled->second), 1e-5) << name << " " << part;
  }
}

class LoraGolden : public testing::TestWithParam<const char*> {};

TEST_P(LoraGolden, ChangesTheNetworksAsDiffusersDoes) {
  const torch::NoGradGuard no_grad;
  const std::string name = GetParam();
  const Json asked = Json::parse(answers().metadata.at(name));
  const std::string family = asked["family"];
  Checkpoint model = open_checkpoint(golden(family + "/diffusers"));
  merge_loras(model,
              {{.path = lora(name), .unet_weight = asked["unet"], .text_weight = asked["text"]}},
              torch::kFloat);
  EXPECT_LE(error(ask_unet(model, family), answers().tensors.at(name + ".unet")), 1e-5);
  if (model.text_encoder) expect_text_encoder(*model.text_encoder, family, "text_encoder", name);
  if (model.text_encoder_2)
    expect_text_encoder(*model.text_encoder_2, family, "text_encoder_2", name);
}
INSTANTIATE_TEST_SUITE_P(Layouts,
                         LoraGolden,
                         testing::Values("sd1_kohya",
                                         "sd1_weighed",
                                         "sd1_locon",
                                         "sd1_peft",
                                         "sd1_diffusers",
                                         "sd1_processor",
                                         "sd1_tucker",
                                         "sd2_kohya",
                                         "sdxl_sgm",
                                         "sdxl_kohya",
                                         "sdxl_peft"));

TEST(Lora, GoesIntoASingleFileToo) {
  const torch::NoGradGuard no_grad;
  for (const auto& [family, name] : {std::pair{"sd1", "sd1_locon"}, {"sdxl", "sdxl_sgm"}}) {
    Checkpoint model = open_checkpoint(golden(std::string(family) + "/original.safetensors"));
    merge_loras(model, {{.path = lora(name)}}, torch::kFloat);
    EXPECT_LE(error(ask_unet(model, family), answers().tensors.at(std::string(name) + ".unet")),
              1e-5);
    expect_text_encoder(*model.text_encoder, family, "text_encoder", name);
    if (model.text_encoder_2)
      expect_text_encoder(*model.text_encoder_2, family, "text_encoder_2", name);
  }
}

// ---- numbers

constexpr const char* kLayer = "lora_unet_mid_block_attentions_0_proj_in";  // 8 x 8 x 1 x 1
constexpr const char* kTensor = "mid_block.attentions.0.proj_in.weight";

class LoraNumbers : public testing::Test {
 protected:
  fs::path write(const std::string& name,
                 const std::vector<weights::NamedTensor>& tensors,
                 const std::map<std::string, std::string>& metadata = {}) {
    const fs::path path = folder_ / name;
    weights::write_safetensors(path, tensors, metadata);
    return path;
  }
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  static std::vector<weights::NamedTensor> pair(const std::string& layer = kLayer,
                                                int64_t rank = 2) {
    return {{layer + ".lora_down.weight", torch::ones({rank, 8, 1, 1}) * 0.5},
            {layer + ".lora_up.weight", torch::ones({8, rank, 1, 1})}};
  }
  // What is added to kTensor.
  static torch::Tensor added(const std::vector<LoraUse>& uses) {
    const Checkpoint plain = open_checkpoint(golden("sd1/diffusers"));
    Checkpoint model = plain;
    merge_loras(model, uses, torch::kFloat);
    return model.unet->tensors->read(kTensor) -
           plain.unet->tensors->read(kTensor).to(torch::kFloat);
  }
  static void expect_added(const std::vector<LoraUse>& uses, double number) {
    EXPECT_LE((added(uses) - number).abs().max().item<double>(), 1e-6) << number;
  }
  static void expect_refused(ErrorKind kind,
                             const std::vector<LoraUse>& uses,
                             const testing::Matcher<const std::string&>& message,
                             const std::string& family = "sd1") {
    Checkpoint model = open_checkpoint(golden(family + "/diffusers"));
    try {
      merge_loras(model, uses, torch::kFloat);
      ADD_FAILURE() << "taken";
    } catch (const Error& problem) {
      EXPECT_EQ(problem.kind(), kind) << problem.what();
      EXPECT_THAT(std::string(problem.what()), message);
    }
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / "lienzo_lora";
};

TEST_F(LoraNumbers, ScaleIsAlphaOverRank) {
  auto tensors = pair();
  expect_added({{write("plain.safetensors", tensors)}}, 1);  // 2 x 0.5 x 1
  tensors.emplace_back(std::string(kLayer) + ".alpha", torch::tensor(1.0).to(torch::kBFloat16));
  expect_added({{write("alpha.safetensors", tensors)}}, 0.5);
  tensors.back().second = torch::tensor({3}, torch::kInt64);
  expect_added({{write("whole.safetensors", tensors)}}, 1.5);
}

TEST_F(LoraNumbers, PeftWritesItsScaleIntoTheMetadata) {
  const std::vector<weights::NamedTensor> tensors = {
      {"unet.mid_block.attentions.0.proj_in.lora_A.weight", torch::ones({4, 8, 1, 1}) * 0.25},
      {"unet.mid_block.attentions.0.proj_in.lora_B.weight", torch::ones({8, 4, 1, 1})}};
  const auto with = [&](const Json& settings) {
    return write("peft.safetensors", tensors, {{"lora_adapter_metadata", settings.dump()}});
  };
  expect_added({{with({{"unet.lora_alpha", 8}, {"unet.r", 4}})}}, 2);
  expect_added({{with({{"lora_alpha", 8}})}}, 2);
  expect_added({{with({{"unet.lora_alpha", 8}, {"unet.use_rslora", true}})}}, 4);
  expect_added({{with({{"unet.lora_alpha", 8}, {"unet.alpha_pattern", {{"proj_in", 2}}}})}}, 0.5);
  expect_added({{with({{"alpha_pattern", {{"attentions.0.proj_in", 2}, {"proj_in", 4}}}})}}, 0.5);
  expect_added({{with({{"alpha_pattern", {{"proj_in", 4}, {"attentions.0.proj_in", 2}}}})}}, 1);
  expect_added({{with(Json::object())}}, 1);
  expect_refused(ErrorKind::kUnsupported,
                 {{with({{"unet.init_lora_weights", "pissa"}})}},
                 HasSubstr("'pissa', a LoRA that counts from other weights"));
}

TEST_F(LoraNumbers, PeftsOwnFolderSaysTheScaleBesideTheNumbers) {
  const torch::NoGradGuard no_grad;
  const fs::path adapter = LIENZO_TEST_DATA "/golden/peft_adapter";
  Checkpoint model = open_checkpoint(golden("sd1/diffusers"));
  merge_loras(model, {{.path = adapter / "adapter_model.safetensors"}}, torch::kFloat);
  const Tensors answer = weights::read_safetensors(adapter / "answer.safetensors");
  EXPECT_LE(error(ask_unet(model, "sd1"), answer.at("unet")), 1e-5);
}

TEST_F(LoraNumbers, RefusesPeftsFolderWithoutItsSettingsOrWithOthers) {
  const fs::path path = write("adapter_model.safetensors", pair());
  const auto refused = [&](ErrorKind kind, const testing::Matcher<const std::string&>& message) {
    expect_refused(kind, {{path}}, message);
  };
  const auto settings = [&](const std::string& text) {
    write_file_atomic(folder_ / "adapter_config.json", text);
  };
  refused(ErrorKind::kNotFound, HasSubstr("needs adapter_config.json beside it"));
  settings("[1]");
  refused(ErrorKind::kCorrupt, HasSubstr("adapter_config.json] is no JSON object"));
  settings(R"({"peft_type": "LOHA"})");
  refused(ErrorKind::kUnsupported, HasSubstr("of type 'LOHA', expected LORA"));
  settings(R"({"init_lora_weights": "pissa_niter_4"})");
  refused(ErrorKind::kUnsupported, HasSubstr("'pissa_niter_4'"));
  settings(R"({"lora_alpha": 4, "alpha_pattern": {"down.*to_q": 2}})");
  refused(ErrorKind::kUnsupported, HasSubstr("alpha_pattern 'down.*to_q'"));
  settings(R"({"lora_alpha": 4, "init_lora_weights": true})");
  expect_added({{path}}, 2);
}

TEST_F(LoraNumbers, SeveralAddUpAndNothingIsTheModelItself) {
  const fs::path one = write("one.safetensors", pair());
  const fs::path two = write("two.safetensors", pair(kLayer, 3));
  expect_added({{one, 0.5, 0}, {two, -1, 1}}, 0.5 - 1.5);
  expect_added({{one, 1, 1}, {one, 1, 1}}, 2);
  EXPECT_TRUE(torch::equal(added({{one, 0, 1}}), torch::zeros({8, 8, 1, 1})));
}

TEST_F(LoraNumbers, AreRoundedOnceToTheTypeOfTheModel) {
  Checkpoint exact = open_checkpoint(golden("sd1/diffusers")), half = exact;
  const std::vector<LoraUse> uses = {{lora("sd1_kohya"), 0.3, 0.3}, {lora("sd1_locon"), 0.7, 0.7}};
  merge_loras(exact, uses, torch::kFloat);
  merge_loras(half, uses, torch::kBFloat16);
  size_t changed = 0;
  for (const weights::TensorInfo& info : half.unet->tensors->index().tensors()) {
    const torch::Tensor numbers = half.unet->tensors->read(info.name);
    EXPECT_EQ(numbers.scalar_type(), weights::scalar_type(info.dtype)) << info.name;
    EXPECT_EQ(static_cast<uint64_t>(numbers.nbytes()), info.bytes) << info.name;
    const torch::Tensor same = exact.unet->tensors->read(info.name);
    EXPECT_TRUE(torch::equal(numbers, same.to(numbers.scalar_type()))) << info.name;
    EXPECT_TRUE(torch::equal(same, exact.unet->tensors->read(info.name))) << "twice the same";
    changed += info.dtype == weights::DType::kBF16 ? 1 : 0;
  }
  EXPECT_EQ(changed, 17u);
}

// ---- files that are wrong

TEST_F(LoraNumbers, RefusesWhatHasAPartMissing) {
  auto tensors = pair();
  tensors.pop_back();
  tensors.emplace_back("lora_unet_conv_in.alpha", torch::tensor(1.0));
  tensors.emplace_back("lora_unet_conv_out.lora_up.weight", torch::ones({4, 2, 1, 1}));
  expect_refused(ErrorKind::kCorrupt,
                 {{write("half.safetensors", tensors)}},
                 AllOf(HasSubstr("half.safetensors"),
                       HasSubstr("3 incomplete"),
                       HasSubstr("proj_in' (no up)"),
                       HasSubstr("conv_out' (no down)"),
                       HasSubstr("conv_in' (no up and down)")));
}

TEST_F(LoraNumbers, RefusesRanksThatDiffer) {
  auto tensors = pair();
  tensors[1].second = torch::ones({8, 3, 1, 1});
  expect_refused(ErrorKind::kCorrupt,
                 {{write("ranks.safetensors", tensors)}},
                 AllOf(HasSubstr("1 of ranks that differ"), HasSubstr("proj_in")));
}

TEST_F(LoraNumbers, RefusesNumbersThatAreNone) {
  auto tensors = pair();
  tensors[0].second[0][0] = std::nan("");
  const fs::path path = write("nan.safetensors", tensors);
  Checkpoint model = open_checkpoint(golden("sd1/diffusers"));
  merge_loras(model, {{path}}, torch::kFloat);
  try {
    model.unet->tensors->read(kTensor);
    ADD_FAILURE() << "taken";
  } catch (const Error& problem) {
    EXPECT_EQ(problem.kind(), ErrorKind::kCorrupt);
    EXPECT_THAT(problem.what(), AllOf(HasSubstr("nan.safetensors"), HasSubstr("lora_down")));
  }
  tensors = pair();
  tensors.emplace_back(std::string(kLayer) + ".alpha", torch::tensor(INFINITY));
  expect_refused(
      ErrorKind::kCorrupt, {{write("alpha.safetensors", tensors)}}, HasSubstr("not one number"));
}

TEST_F(LoraNumbers, RefusesTensorsThatAreNoneOfALora) {
  auto tensors = pair();
  tensors.emplace_back("what.is.this", torch::ones({2}));
  tensors.emplace_back("and.this", torch::ones({2}));
  expect_refused(ErrorKind::kCorrupt,
                 {{write("strange.safetensors", tensors)}},
                 AllOf(HasSubstr("2 unknown"), HasSubstr("what.is.this"), HasSubstr("and.this")));
}

TEST_F(LoraNumbers, NamesAllLayersThatTheModelHasNot) {
  auto tensors = pair();
  for (const char* layer : {"lora_unet_mid_block_attentions_7_proj_in", "lora_te_embeddings_x"}) {
    for (const weights::NamedTensor& tensor : pair(layer)) tensors.push_back(tensor);
  }
  tensors.emplace_back("unet.conv_out.lora_A.weight", torch::ones({2, 4, 1, 1}));  // is 3 x 3
  tensors.emplace_back("unet.conv_out.lora_B.weight", torch::ones({4, 2, 1, 1}));
  expect_refused(ErrorKind::kInvalidInput,
                 {{write("other.safetensors", tensors)}},
                 AllOf(HasSubstr("2 layers that the model has not"),
                       HasSubstr("attentions_7"),
                       HasSubstr("lora_te_embeddings_x"),
                       HasSubstr("1 layers of another shape"),
                       HasSubstr("unet.conv_out")));
}

TEST_F(LoraNumbers, SaysForWhichFamilyItIs) {
  expect_refused(ErrorKind::kInvalidInput,
                 {{lora("sd1_kohya")}},
                 AllOf(HasSubstr("sd1_kohya.safetensors is for Stable Diffusion 1.x"),
                       HasSubstr("is Stable Diffusion XL"),
                       Not(HasSubstr("lora_unet"))),
                 "sdxl");
  expect_refused(ErrorKind::kInvalidInput,
                 {{lora("sdxl_sgm")}},
                 HasSubstr("is for Stable Diffusion XL"),
                 "sd1");
  std::vector<weights::NamedTensor> flux = pair("lora_unet_double_blocks_0_img_attn_proj");
  expect_refused(
      ErrorKind::kInvalidInput, {{write("flux.safetensors", flux)}}, HasSubstr("FLUX"), "sd2");
}

TEST_F(LoraNumbers, RefusesOtherKindsOfAdaptersByName) {
  for (const auto& [ending, kind] : {std::pair{"hada_w1_a", "LoHa"},
                                     {"lokr_w1", "LoKr"},
                                     {"dora_scale", "DoRA"},
                                     {"oft_blocks", "OFT"},
                                     {"diff_b", "whole differences"}}) {
    auto tensors = pair();
    tensors.emplace_back(std::string(kLayer) + "." + ending, torch::ones({2, 2}));
    expect_refused(ErrorKind::kUnsupported,
                   {{write("kind.safetensors", tensors)}},
                   AllOf(HasSubstr("kind.safetensors"), HasSubstr(kind)));
  }
}

TEST_F(LoraNumbers, RefusesOtherFiles) {
  expect_refused(ErrorKind::kInvalidInput,
                 {{golden("sd1/original.safetensors")}},
                 AllOf(HasSubstr("whole model (Stable Diffusion 1.x)"), HasSubstr("--model")));
  expect_refused(ErrorKind::kInvalidInput,
                 {{golden("sd1/diffusers/vae/diffusion_pytorch_model.safetensors")}},
                 HasSubstr("is an autoencoder"));
  expect_refused(ErrorKind::kInvalidInput, {{golden("sd1")}}, HasSubstr("is a folder"));
  expect_refused(ErrorKind::kNotFound, {{folder_ / "none.safetensors"}}, HasSubstr("none"));
  expect_refused(ErrorKind::kInvalidInput,
                 {{write("bare.safetensors", {{"x.y", torch::ones({2, 2, 2})}})}},
                 HasSubstr("is no LoRA"));
}

// ---- what a file is for

TEST(LoraFamily, IsToldByWidthsNamesAndMetadata) {
  const auto family = [](const Shapes& shapes, std::map<std::string, std::string> metadata = {}) {
    return lora_family(index_of(shapes, std::move(metadata)));
  };
  const std::string attention =
      "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k";
  for (const auto& [width, expected] : {std::pair{768, Family::kSd1},
                                        {1024, Family::kSd2},
                                        {1280, Family::kSdXlRefiner},
                                        {2048, Family::kSdXl}}) {
    EXPECT_EQ(family({{attention + ".lora_down.weight", {4, width}}}), expected);
  }
  const std::string input =
      "lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q.lora_down.weight";
  EXPECT_EQ(family({{input, {4, 640}}}), Family::kSdXl);
  const std::string projection = "lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight";
  EXPECT_EQ(family({{projection, {4, 320, 1, 1}}}), Family::kSd1);
  EXPECT_EQ(family({{projection, {4, 320}}}), Family::kSd2);
  EXPECT_EQ(family({{projection, {4, 320}}}, {{"ss_base_model_version", "sd_v1"}}), Family::kSd1);
  EXPECT_EQ(family({{"lora_unet_mid_block_attentions_0_proj_in.lora_down.weight", {4, 1280}}}),
            Family::kUnknown);
  EXPECT_EQ(family({{"transformer.transformer_blocks.0.attn.to_q.lora_A.weight", {4, 3072}}}),
            Family::kTransformer);
}

TEST(LoraNames, AreThoseOfToday) {
  const auto scope = [](const char* name) {
    return parse_lora_name(name).value_or(LoraName{"?"}).scope;
  };
  EXPECT_EQ(scope("a.attn1.processor.to_out_lora.up.weight"), "a.attn1.to_out.0");
  EXPECT_EQ(scope("text_encoder.x.self_attn.to_out_lora.down.weight"),
            "text_encoder.x.self_attn.out_proj");
  EXPECT_EQ(scope("base_model.model.conv_in.lora_A.default.weight"), "conv_in");
  EXPECT_EQ(scope("text_encoder.x.mlp.fc1.lora_linear_layer.up.weight"), "text_encoder.x.mlp.fc1");
  EXPECT_FALSE(parse_lora_name("conv_in.weight"));
  EXPECT_FALSE(parse_lora_name(".alpha"));
}

TEST(LoraFacts, AreThereForLorasOnly) {
  const auto facts = look_at_lora(lora("sdxl_sgm"));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->family, Family::kSdXl);
  EXPECT_EQ(facts->metadata.at("format"), "pt");
  EXPECT_FALSE(look_at_lora(golden("sd1/original.safetensors")));
  EXPECT_FALSE(look_at_lora(golden("README.md")));
  EXPECT_FALSE(look_at_lora("/nowhere"));
}

TEST(LoraHash, IsThatOfTheNumbersOrOfTheMetadata) {
  const fs::path folder = fs::path(testing::TempDir()) / "lienzo_lora_hash";
  fs::create_directories(folder);
  const std::vector<weights::NamedTensor> tensors = {{"a.lora_up.weight", torch::zeros({8})}};
  const std::vector<std::byte> zeros(32);
  weights::write_safetensors(folder / "a.safetensors", tensors, {{"one", "x"}});
  EXPECT_EQ(automatic1111_hash(folder / "a.safetensors"), sha256_hex(zeros));
  const std::string said(64, 'e');
  weights::write_safetensors(folder / "a.safetensors", tensors, {{"sshs_model_hash", said}});
  EXPECT_EQ(automatic1111_hash(folder / "a.safetensors"), said);
  fs::rename(folder / "a.safetensors", folder / "a.pt");
  EXPECT_EQ(automatic1111_hash(folder / "a.pt"), sha256_file(folder / "a.pt"));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace lienzo::checkpoints
