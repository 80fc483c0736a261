// LoRAs from a request to a picture, with the tiny models and LoRAs of tests/golden.
#include "lienzo/engine/request_loras.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "lienzo/base/field_error.h"
#include "lienzo/engine/lora_catalogue.h"
#include "lienzo/engine/pipeline_engine.h"

namespace lienzo::engine {
namespace {

namespace fs = std::filesystem;
using service::DrawRequest;
using testing::HasSubstr;

class RequestLoras : public testing::Test {
 protected:
  void SetUp() override {
    const fs::path golden = LIENZO_TEST_DATA "/golden";
    fs::remove_all(models_);
    fs::create_directories(models_ / "loras" / "more");
    fs::create_directory_symlink(golden / "stable_diffusion/sd1/diffusers", models_ / "sd1");
    for (const auto& [from, to] : {std::pair{"sd1_kohya", "loras/style"},
                                   {"sd1_locon", "loras/detail"},
                                   {"sd1_peft", "loras/more/detail"},
                                   {"sdxl_sgm", "large"}}) {
      fs::copy_file(golden / "loras" / (std::string(from) + ".safetensors"),
                    models_ / (std::string(to) + ".safetensors"));
    }
    engine_ = std::make_unique<PipelineEngine>(
        EngineOptions{.embedded = {}, .models = models_, .vocabulary = {}, .dtype = "fp32"});
  }
  void TearDown() override { fs::remove_all(models_); }

  static DrawRequest words(const std::string& prompt) {
    DrawRequest request;
    request.model = "sd1";
    request.prompt = prompt;
    request.width = request.height = 64;
    request.seed = 3;
    request.steps = 1;
    return request;
  }
  service::MadePicture draw(DrawRequest request) {
    engine_->complete(request);
    return engine_->draw(request, [this](const std::string&) { return blob_; }, {}).at(0);
  }
  void expect_refused(const DrawRequest& request,
                      ErrorKind kind,
                      const std::string& field,
                      const std::string& message) {
    DrawRequest asked = request;
    try {
      engine_->complete(asked);
      ADD_FAILURE() << "taken: " << message;
    } catch (const FieldError& problem) {
      EXPECT_EQ(problem.kind(), kind) << problem.what();
      EXPECT_EQ(problem.field(), field);
      EXPECT_THAT(problem.what(), HasSubstr(message));
    }
  }

  const fs::path models_ = fs::path(testing::TempDir()) / "lienzo_request_loras";
  std::unique_ptr<PipelineEngine> engine_;
  std::string blob_;
};

TEST_F(RequestLoras, AreListedByTheNamesThatPromptsUse) {
  const auto loras = engine_->loras();
  ASSERT_EQ(loras.size(), 4u);
  EXPECT_EQ(loras[0].name, "large");
  EXPECT_EQ(loras[0].family, "Stable Diffusion XL");
  EXPECT_EQ(loras[1].name, "loras/detail");
  EXPECT_EQ(loras[2].name, "loras/more/detail");
  EXPECT_EQ(loras[3].name, "style");
  EXPECT_EQ(loras[3].file, "loras/style.safetensors");
  EXPECT_EQ(loras[3].metadata.at("format"), "pt");
  ASSERT_EQ(engine_->models().size(), 1u) << "LoRAs are no models";
}

TEST_F(RequestLoras, AreCalledAsTheirFolderWhereAllFilesAreCalledTheSame) {
  EXPECT_EQ(lora_name("loras/style.safetensors"), "style");
  EXPECT_EQ(lora_name("a/inks/adapter_model.safetensors"), "inks");
  EXPECT_EQ(lora_name("a/lcm/pytorch_lora_weights.safetensors"), "lcm");
  EXPECT_EQ(lora_name("adapter_model.safetensors"), "adapter_model");
  fs::create_directories(models_ / "a" / "inks");
  fs::copy(LIENZO_TEST_DATA "/golden/peft_adapter", models_ / "a" / "inks");
  fs::remove(models_ / "a" / "inks" / "answer.safetensors");
  LoraCatalogue catalogue(models_);
  for (const char* name : {"inks", "adapter_model", "a/inks/adapter_model"}) {
    EXPECT_EQ(catalogue.find(name).name, "inks") << name;
    EXPECT_EQ(catalogue.find(name).file, "a/inks/adapter_model.safetensors");
  }
}

TEST_F(RequestLoras, ChangeThePictureTheSameInBothWays) {
  const auto plain = draw(words("a cat"));
  const auto tagged = draw(words("a cat<lora:style:0.5>"));
  DrawRequest listed = words("a cat");
  listed.loras = {{.name = "style", .weight = 0.5}};
  const auto by_list = draw(listed);
  EXPECT_EQ(tagged.record["extra"]["loras"], by_list.record["extra"]["loras"]);
  EXPECT_EQ(tagged.record["prompt"], "a cat<lora:style:0.5>");
  EXPECT_NE(tagged.bytes, plain.bytes);
  EXPECT_EQ(draw(words("a cat")).bytes, plain.bytes) << "the model is without them again";
  EXPECT_EQ(draw(words("a cat<lora:style:0.5>")).bytes, tagged.bytes);
  EXPECT_NE(draw(words("a cat<lora:style:0.6>")).record, tagged.record);

  blob_ = by_list.bytes;
  DrawRequest vary = words("");
  vary.task = service::Task::kVary;
  vary.steps = 4;
  vary.picture = "x";
  const auto varied = draw(vary);
  EXPECT_EQ(varied.record["extra"]["loras"], by_list.record["extra"]["loras"]);
}

TEST_F(RequestLoras, AreRefusedBeforeTheWork) {
  const auto listed = [](const std::string& name, const std::string& prompt = "a cat") {
    DrawRequest request = words(prompt);
    request.loras = {{.name = name}};
    return request;
  };
  expect_refused(words("<lora:stlye>"), ErrorKind::kNotFound, "prompt", "did you mean 'style'?");
  expect_refused(listed("none"), ErrorKind::kNotFound, "loras", "no LoRA 'none'");
  for (const char* path : {"../style", "/etc/passwd", "loras", ""})
    expect_refused(listed(path), ErrorKind::kNotFound, "loras", "no LoRA");
  expect_refused(listed("detail"), ErrorKind::kInvalidInput, "loras", "say which");
  expect_refused(words("<lora:style:x>"), ErrorKind::kInvalidInput, "prompt", "'x'");
  expect_refused(
      listed("style", "<lora:style>"), ErrorKind::kInvalidInput, "prompt", "say it once");
  expect_refused(
      listed("large"), ErrorKind::kUnsupported, "loras", "large is for Stable Diffusion XL");
}

}  // namespace
}  // namespace lienzo::engine
