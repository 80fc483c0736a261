#include "lienzo/training/tasks/scene_prior_task.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <span>

#include "lienzo/base/config_reader.h"
#include "lienzo/base/error.h"
#include "lienzo/datasets/world/captions.h"
#include "lienzo/datasets/world/layout.h"
#include "lienzo/datasets/world/prior_text.h"
#include "lienzo/datasets/world/scene_tokens.h"
#include "lienzo/models/scene_prior.h"
#include "lienzo/training/tasks/network_keys.h"
#include "lienzo/training/tasks/validation.h"
#include "lienzo/weights/safetensors.h"
#include "lienzo/weights/save.h"

namespace lienzo::training {
namespace {

namespace world = datasets::world;

constexpr int64_t kIgnored = -100;
constexpr int64_t kPoolSteps = 8;

struct ScenePriorOptions {
  std::string tokenizer;               // tokenizer.json to use; "" learns one
  int64_t vocabulary = 2048;           // of the tokenizer
  int64_t tokenizer_captions = 40000;  // it is learned from
  int64_t validation_captions = 256;
  double caption_dropout = 0.06;  // share of scenes without words: what guidance compares with
};

class ScenePriorTask : public Task {
 public:
  ScenePriorTask(const Json& network, const ScenePriorOptions& options, const Recipe& recipe)
      : options_(options),
        train_(recipe.train),
        tokenizer_(options.tokenizer.empty()
                       ? world::train_prior_tokenizer(static_cast<uint64_t>(recipe.train.seed),
                                                      options.tokenizer_captions,
                                                      static_cast<int>(options.vocabulary))
                       : text::BpeTokenizer::load(options.tokenizer)) {
    models::ScenePriorConfig config =
        models::ScenePriorConfig::from_json(network, recipe.source + ": [task.network]");
    config.text_vocabulary = tokenizer_.vocab_size();
    config.scene_vocabulary = world::scene_vocabulary();
    prior_ = models::ScenePrior(config);
  }

  torch::nn::Module& module() override { return *prior_; }

  Batch make_batch(int64_t step) const override {
    // Neighbouring steps share a pool that is sorted by length, so that little of a batch is
    // padding.
    const int64_t pool = kPoolSteps * train_.batch_size;
    std::vector<Line> lines = read_lines(static_cast<uint64_t>(train_.seed),
                                         static_cast<uint64_t>(step / kPoolSteps * pool),
                                         pool,
                                         world::Split::kTraining);
    std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
      return a.length() < b.length();
    });
    return to_batch(
        std::span(lines).subspan(static_cast<size_t>(step % kPoolSteps * train_.batch_size),
                                 static_cast<size_t>(train_.batch_size)));
  }

  torch::Tensor loss(const Batch& batch, std::map<std::string, double>& metrics) override {
    (void)metrics;
    const torch::Tensor logits = prior_(batch[0], batch[1], batch[2]);
    return torch::cross_entropy_loss(
        logits.flatten(0, 1), batch[3].flatten(), {}, at::Reduction::Mean, kIgnored);
  }

  std::map<std::string, double> validate() override {
    torch::NoGradGuard no_grad;
    Batch batch = to_batch(
        read_lines(kValidationSeed, 0, options_.validation_captions, world::Split::kHeldOut));
    const torch::Device device = prior_->parameters().front().device();
    for (torch::Tensor& tensor : batch) tensor = tensor.to(device);
    const torch::Tensor logits = prior_(batch[0], batch[1], batch[2]);
    const torch::Tensor counted = batch[3] != kIgnored;
    const torch::Tensor right = (logits.argmax(-1) == batch[3]) & counted;
    std::map<std::string, double> values;
    values["loss_held_out"] =
        torch::cross_entropy_loss(
            logits.flatten(0, 1), batch[3].flatten(), {}, at::Reduction::Mean, kIgnored)
            .item<double>();
    // Letters are fully determined where the caption gives the word.
    const int64_t letters =
        world::scene_vocabulary() - 1 - static_cast<int64_t>(world::kLetters.size());
    const torch::Tensor is_letter = counted & (batch[3] >= letters);
    values["letter_accuracy_held_out"] =
        (right & is_letter).sum().item<double>() / std::max(1.0, is_letter.sum().item<double>());
    return values;
  }

  void save_model(const std::filesystem::path& folder, const Json& provenance) override {
    std::filesystem::create_directories(folder);
    weights::write_safetensors(folder / "prior.safetensors",
                               weights::named_tensors(*prior_, torch::kHalf),
                               {{"format", "pt"},
                                {"lienzo.kind", "scene-prior"},
                                {"lienzo.config", prior_->config().to_json().dump()},
                                {"lienzo.data", world::data_version()},
                                {"lienzo.provenance", provenance.dump()}});
    tokenizer_.save(folder / "tokenizer.json");
  }

 private:
  /// One caption and its scene, as tokens.
  struct Line {
    std::vector<int> text;
    std::vector<int64_t> scene;
    size_t length() const { return text.size() + scene.size(); }
  };

  std::vector<Line> read_lines(uint64_t seed,
                               uint64_t first,
                               int64_t count,
                               world::Split split) const {
    std::vector<Line> lines;
    for (uint64_t index = first; static_cast<int64_t>(lines.size()) < count; ++index) {
      const world::Example example = world::sample_example(seed, index, split);
      Random random(seed + 1, index);
      std::vector<int> order;
      const auto language =
          random.chance(0.5) ? world::Language::kSpanish : world::Language::kEnglish;
      const std::string caption = world::describe(example.spec, language, random, &order);
      const bool silent =
          split == world::Split::kTraining && random.chance(options_.caption_dropout);
      Line line;
      if (!silent) line.text = tokenizer_.encode(world::prior_text(caption));
      line.text.resize(
          std::min<size_t>(line.text.size(), static_cast<size_t>(prior_->config().max_text)));
      line.scene = world::scene_to_tokens(example.scene, order);
      lines.push_back(std::move(line));
    }
    return lines;
  }

  // text (B, T), its mask, scene (B, S), targets (B, S).
  Batch to_batch(std::span<const Line> lines) const {
    const auto count = static_cast<int64_t>(lines.size());
    size_t longest_text = 1, longest_scene = 1;
    for (const Line& line : lines) {
      longest_text = std::max(longest_text, line.text.size());
      longest_scene = std::max(longest_scene, line.scene.size() - 1);
    }
    longest_scene =
        std::min<size_t>(longest_scene, static_cast<size_t>(prior_->config().max_scene));
    const auto t = static_cast<int64_t>(longest_text), s = static_cast<int64_t>(longest_scene);
    torch::Tensor text = torch::zeros({count, t}, torch::kLong),
                  mask = torch::zeros({count, t}, torch::kBool);
    torch::Tensor scene = torch::zeros({count, s}, torch::kLong),
                  target = torch::full({count, s}, kIgnored, torch::kLong);
    for (int64_t b = 0; b < count; ++b) {
      const auto& words = lines[static_cast<size_t>(b)].text;
      const auto& things = lines[static_cast<size_t>(b)].scene;
      std::copy(words.begin(), words.end(), text[b].data_ptr<int64_t>());
      mask[b].narrow(0, 0, static_cast<int64_t>(words.size())).fill_(true);
      const auto length = std::min<int64_t>(s, static_cast<int64_t>(things.size()) - 1);
      std::copy_n(things.begin(), length, scene[b].data_ptr<int64_t>());
      std::copy_n(things.begin() + 1, length, target[b].data_ptr<int64_t>());
    }
    return {text, mask, scene, target};
  }

  ScenePriorOptions options_;
  TrainOptions train_;
  text::BpeTokenizer tokenizer_;
  models::ScenePrior prior_{nullptr};
};

}  // namespace

std::unique_ptr<Task> make_scene_prior_task(const Recipe& recipe) {
  ConfigReader reader(recipe.task, recipe.source + ": [task]");
  ScenePriorOptions options;
  reader.optional("tokenizer", options.tokenizer);
  reader.optional("vocabulary", options.vocabulary);
  if (options.vocabulary < 257 || options.vocabulary > 65536)
    reader.reject("vocabulary", fmt::format("is {}, expected 257 to 65536", options.vocabulary));
  const auto at_least_one = [&](std::string_view key, int64_t& value) {
    reader.optional(key, value);
    if (value < 1) reader.reject(key, fmt::format("is {}, expected 1 or more", value));
  };
  at_least_one("tokenizer_captions", options.tokenizer_captions);
  at_least_one("validation_captions", options.validation_captions);
  reader.optional("caption_dropout", options.caption_dropout);
  if (options.caption_dropout < 0 || options.caption_dropout >= 1) {
    reader.reject("caption_dropout",
                  fmt::format("is {}, expected 0 to below 1", options.caption_dropout));
  }
  Json network = Json::object();
  reader.optional("network", network);
  reader.finish();
  refuse_network_keys(
      recipe, network, {"text_vocabulary"}, "follows from the tokenizer ([task] 'vocabulary')");
  refuse_network_keys(recipe, network, {"scene_vocabulary"}, "follows from the small world");
  return std::make_unique<ScenePriorTask>(network, options, recipe);
}

}  // namespace lienzo::training
