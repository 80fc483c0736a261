#include "lienzo/hub/pull.h"

#include <algorithm>
#include <atomic>

#include "../base/expect_error.h"
#include "../weights/temporary_folder.h"
#include "fake_hub.h"
#include "lienzo/base/file.h"
#include "lienzo/hub/model_store.h"

namespace lienzo::hub {
namespace {

namespace fs = std::filesystem;
using testing::UnorderedElementsAre;

constexpr const char* kClipRepo = "openai/clip-vit-large-patch14";

FakeRepo checkpoint_repo() {
  FakeRepo repo;
  repo.files = {{"README.md", "---\nlicense: mit\n---\n"},
                {"big.safetensors", std::string(50'000, 'b')},
                {"small.safetensors", std::string(1000, 's')},
                {"loras/a.safetensors", std::string(500, 'l')}};
  return repo;
}

class PullTest : public testing::Test {
 protected:
  PullPlan plan(const std::string& what, const std::string& variant = "") {
    return plan_pull(client_,
                     {.what = what,
                      .variant = variant,
                      .folder = folder_.path(),
                      .command = "lienzo model pull " + what},
                     {});
  }

  // Everything below the model folder.
  std::vector<std::string> listing() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
      if (entry.is_regular_file())
        names.push_back(entry.path().lexically_relative(folder_.path()).string());
    }
    return names;
  }

  const weights::TemporaryFolder folder_;
  std::atomic<bool> broken_ = false;  // the store sends half of what is asked for, or nothing more
  FakeHub fake_{{{"stabilityai/sd-turbo", tiny_pipeline()},
                 {"some/tiny", tiny_pipeline()},
                 {"some/checkpoints", checkpoint_repo()},
                 {kClipRepo, clip_repo()}},
                [this](const Seen& seen) -> std::optional<Answer> {
                  if (!broken_ || !seen.path.starts_with("/store/")) return std::nullopt;
                  const std::string digest = seen.path.substr(7);
                  for (const auto& [path, content] : tiny_pipeline().files) {
                    if (checksum_of(path, content).hex != digest) continue;
                    Answer answer = serve_file(seen, content, "\"" + digest + "\"");
                    answer.break_after =
                        seen.header("range").empty() ? answer.body.size() / 2 : size_t{0};
                    return answer;
                  }
                  return std::nullopt;
                }};
  HubClient client_{fake_.access(), kQuick};
};

TEST_F(PullTest, BringsADiffusersModelUnderItsShortName) {
  const PullPlan plan = this->plan("sd-turbo");
  EXPECT_EQ(plan.name, "sd-turbo");
  EXPECT_EQ(plan.path, folder_ / "sd-turbo");
  EXPECT_EQ(plan.licence, "openrail++");
  EXPECT_EQ(plan.page, fake_.hub().url("/stabilityai/sd-turbo"));
  EXPECT_EQ(plan.missing_bytes(), plan.bytes());
  EXPECT_THAT(listing(), testing::IsEmpty()) << "a plan brings nothing";

  int64_t last = 0;
  const PullSummary summary =
      carry_out(client_, plan, {.progress = [&](const Progress& progress) {
                  EXPECT_GE(progress.done, last);
                  EXPECT_EQ(progress.total, static_cast<int64_t>(plan.bytes()));
                  EXPECT_FALSE(progress.note.empty());
                  last = progress.done;
                }});
  EXPECT_EQ(static_cast<uint64_t>(last), plan.bytes());
  EXPECT_EQ(summary.bytes, plan.bytes());
  EXPECT_THAT(listing(),
              UnorderedElementsAre("sd-turbo/README.md",
                                   "sd-turbo/LICENSE.md",
                                   "sd-turbo/model_index.json",
                                   "sd-turbo/scheduler/scheduler_config.json",
                                   "sd-turbo/tokenizer/vocab.json",
                                   "sd-turbo/tokenizer/merges.txt",
                                   "sd-turbo/tokenizer/tokenizer_config.json",
                                   "sd-turbo/text_encoder/config.json",
                                   "sd-turbo/text_encoder/model.safetensors",
                                   "sd-turbo/unet/config.json",
                                   "sd-turbo/unet/diffusion_pytorch_model.safetensors",
                                   "sd-turbo/vae/config.json",
                                   "sd-turbo/vae/diffusion_pytorch_model.bin"));

  const LocalModel model = find_local_model(folder_.path(), "sd-turbo");
  EXPECT_EQ(model.path, plan.path);
  EXPECT_EQ(model.licence, "openrail++");
}

TEST_F(PullTest, TheSecondTimeItOnlyChecksAndRepairs) {
  carry_out(client_, plan("some/tiny", "fp16"), {});
  const size_t requests = fake_.store().requests().size();
  const PullPlan again = plan("some/tiny", "fp16");
  EXPECT_EQ(again.missing_bytes(), 0u);
  PullSummary summary = carry_out(client_, again, {});
  EXPECT_EQ(summary.downloaded, 0);
  EXPECT_EQ(summary.already_there, static_cast<int>(again.items.size()));
  EXPECT_EQ(fake_.store().requests().size(), requests);

  const fs::path weights = folder_ / "some/tiny/unet/diffusion_pytorch_model.fp16.safetensors";
  write_file_atomic(weights, std::string(4500, '?'));
  summary = carry_out(client_, again, {});
  EXPECT_EQ(summary.downloaded, 1);
  EXPECT_EQ(read_text_file(weights), std::string(4500, 'h'));
}

TEST_F(PullTest, AnInterruptedModelIsMarkedAndGoneOnWith) {
  broken_ = true;
  EXPECT_THROW(carry_out(client_, plan("sd-turbo"), {}), Error);
  const std::vector<LocalModel> models = list_models(folder_.path());
  ASSERT_EQ(models.size(), 1u);
  EXPECT_EQ(models[0].name, "sd-turbo");
  EXPECT_EQ(models[0].unfinished, "lienzo model pull sd-turbo");
  expect_error(
      ErrorKind::kUnsupported,
      [&] { find_local_model(folder_.path(), "sd-turbo"); },
      "not wholly there yet; go on with: lienzo model pull sd-turbo");

  broken_ = false;
  carry_out(client_, plan("sd-turbo"), {});
  const std::vector<Seen> requests = fake_.store().requests();
  EXPECT_TRUE(std::any_of(requests.begin(), requests.end(), [](const Seen& seen) {
    return seen.header("range") == "bytes=1000-";  // half of the smallest weights
  }));
  EXPECT_EQ(find_local_model(folder_.path(), "sd-turbo").unfinished, "");
  for (const std::string& name : listing()) {
    EXPECT_EQ(name.find(".part"), std::string::npos) << name;
    EXPECT_EQ(name.find("unfinished"), std::string::npos) << name;
  }
}

TEST_F(PullTest, ACheckpointBringsItsCardAndTheVocabulary) {
  const PullPlan plan = this->plan("some/checkpoints:big.safetensors");
  EXPECT_EQ(plan.name, "some/checkpoints/big.safetensors");
  EXPECT_EQ(plan.path, folder_ / "some/checkpoints/big.safetensors");
  carry_out(client_, plan, {});
  EXPECT_THAT(listing(),
              UnorderedElementsAre("some/checkpoints/README.md",
                                   "some/checkpoints/big.safetensors",
                                   "tokenizer/vocab.json",
                                   "tokenizer/merges.txt"));
  EXPECT_EQ(read_text_file(folder_ / "tokenizer/merges.txt"), clip_repo().files["merges.txt"]);
  // The vocabulary is there now.
  EXPECT_EQ(this->plan("some/checkpoints:loras/a.safetensors").items.size(), 2u);
  EXPECT_EQ(find_local_model(folder_.path(), "big").licence, "mit");
}

TEST_F(PullTest, BringsTheVocabularyAlone) {
  const PullPlan plan = this->plan("clip-vocabulary");
  EXPECT_EQ(plan.licence, "mit");
  carry_out(client_, plan, {});
  EXPECT_THAT(listing(), UnorderedElementsAre("tokenizer/vocab.json", "tokenizer/merges.txt"));
}

TEST_F(PullTest, RefusesWhatContradictsItself) {
  expect_error(
      ErrorKind::kInvalidInput,
      [&] { plan("some/checkpoints:big.safetensors", "fp16"); },
      "a file has no variants");
  expect_error(
      ErrorKind::kInvalidInput, [&] { plan("some/checkpoints"); }, "say which");
  expect_error(
      ErrorKind::kInvalidInput,
      [&] {
        plan_pull(
            client_, {.what = "some/tiny@main", .revision = "v2", .folder = folder_.path()}, {});
      },
      "names another");
}

TEST_F(PullTest, CancelKeepsTheMark) {
  int asked = 0;
  expect_error(
      ErrorKind::kCancelled,
      [&] {
        carry_out(
            client_, plan("sd-turbo"), {.progress = {}, .cancelled = [&] { return ++asked > 20; }});
      },
      "stopped");
  EXPECT_EQ(list_models(folder_.path()).at(0).unfinished, "lienzo model pull sd-turbo");
}

TEST(Pull, AGatedModelSaysHowToGetIn) {
  const weights::TemporaryFolder folder;
  FakeRepo gated = tiny_pipeline();
  gated.gated = true;
  FakeHub fake({{"some/gated", gated}});
  HubClient stranger(fake.access(), kQuick);
  expect_error(
      ErrorKind::kIo,
      [&] { plan_pull(stranger, {.what = "some/gated", .folder = folder.path()}, {}); },
      "accept the licence at " + fake.hub().url("/some/gated"),
      "set HF_TOKEN");
  HubClient friendly(fake.access(FakeHub::kToken), kQuick);
  const PullPlan plan = plan_pull(friendly, {.what = "some/gated", .folder = folder.path()}, {});
  EXPECT_TRUE(plan.repo.info.gated);
  EXPECT_GT(carry_out(friendly, plan, {}).downloaded, 5);
}

}  // namespace
}  // namespace lienzo::hub
