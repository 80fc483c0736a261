#include "lienzo/pipelines/scene_writer.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "lienzo/datasets/world/layout.h"
#include "lienzo/datasets/world/scene_tokens.h"

namespace lienzo::pipelines {
namespace {

namespace world = datasets::world;

std::vector<nn::KeyValueCache> read(models::ScenePrior& prior, const std::vector<int>& caption) {
  const std::vector<int64_t> ids(caption.begin(), caption.end());
  if (ids.empty())
    return std::vector<nn::KeyValueCache>(static_cast<size_t>(prior->config().layers));
  return prior->read_caption(torch::tensor(ids, torch::kLong));
}

double temperature(world::TokenKind kind, const SceneWriterOptions& options) {
  switch (kind) {
    case world::TokenKind::kX:
    case world::TokenKind::kZ:
    case world::TokenKind::kElevation: return options.place_temperature;
    case world::TokenKind::kLetter: return options.letter_temperature;
    default: return 1.0;
  }
}

/// The quoted words that no sign bears yet. A word that is quoted twice may mean the same sign.
class WordsLeft {
 public:
  explicit WordsLeft(std::vector<std::string> words) : words_(std::move(words)) {
    std::sort(words_.begin(), words_.end());
    words_.erase(std::unique(words_.begin(), words_.end()), words_.end());
  }

  int count() const { return static_cast<int>(words_.size()); }
  /// Whether a sign that reads `so_far` may go on with `letter`, or end where it is nullopt.
  bool allow(std::string_view so_far, std::optional<char> letter) const {
    if (words_.empty()) return true;
    return std::any_of(words_.begin(), words_.end(), [&](const std::string& word) {
      if (!letter) return word == so_far;
      return word.size() > so_far.size() && word.starts_with(so_far) &&
             word[so_far.size()] == *letter;
    });
  }
  void use(const std::string& word) {
    const auto found = std::find(words_.begin(), words_.end(), word);
    if (found != words_.end()) words_.erase(found);
  }

 private:
  std::vector<std::string> words_;
};

// Below this probability of a quoted word's first letter the caption means another sign.
constexpr double kNotThisSign = 0.2;
// From this probability of glass on the caption asks for it; where nothing is said it is 0.08.
constexpr double kAskedFor = 0.25;

std::vector<int64_t> allowed_tokens(const world::SceneTokenReader& reader) {
  const auto allowed = reader.allowed();
  std::vector<int64_t> ids;
  for (int64_t id = allowed.first; id < allowed.last; ++id) ids.push_back(id);
  if (allowed.also) ids.push_back(*allowed.also);
  return ids;
}

/// The probability that the next token is of `part`, if it is of `whole`.
double share_of(const std::vector<int64_t>& part,
                const std::vector<int64_t>& whole,
                const float* logits) {
  const float highest = logits[*std::max_element(
      whole.begin(), whole.end(), [&](int64_t a, int64_t b) { return logits[a] < logits[b]; })];
  const auto mass = [&](const std::vector<int64_t>& ids) {
    double sum = 0;
    for (const int64_t id : ids) sum += std::exp(logits[id] - highest);
    return sum;
  };
  return mass(part) / mass(whole);
}

/// Of the materials that may come next, those that suit a caption: glass only where it is asked
/// for, since one thing seen through another is hard to read.
std::vector<int64_t> fitting_materials(const std::vector<int64_t>& ids, const float* logits) {
  const auto is_glass = [](int64_t id) {
    return world::material_of(id) == world::Material::kGlass;
  };
  std::vector<int64_t> glass, others;
  std::partition_copy(
      ids.begin(), ids.end(), std::back_inserter(glass), std::back_inserter(others), is_glass);
  return others.empty() || share_of(glass, ids, logits) >= kAskedFor ? ids : others;
}

/// Of the letters that may come next, those that the quoted words allow. At the first letter of a
/// sign that hardly begins with one of them, and may be `free`, all of them: then the sign is free
/// until its end.
class SignLetters {
 public:
  SignLetters(const WordsLeft& words, bool may_be_free)
      : words_(words), may_be_free_(may_be_free) {}

  std::vector<int64_t> choose_among(const world::SceneTokenReader& reader,
                                    const std::vector<int64_t>& ids,
                                    const float* logits) {
    const std::string& so_far = reader.scene().objects.back().word;
    std::vector<int64_t> quoted;
    for (const int64_t id : ids)
      if (words_.allow(so_far, world::letter_of(id))) quoted.push_back(id);
    if (so_far.empty()) free_ = may_be_free_ && share_of(quoted, ids, logits) < kNotThisSign;
    return free_ ? ids : quoted;
  }

 private:
  const WordsLeft& words_;
  bool may_be_free_;
  bool free_ = false;
};

// A token that may come next, by its probability; unlikely ones are left out (min-p sampling).
int64_t choose(const torch::Tensor& logits,
               const world::SceneTokenReader& reader,
               SignLetters& letters,
               Random& random,
               const SceneWriterOptions& options) {
  const auto* values = logits.data_ptr<float>();
  std::vector<int64_t> ids = allowed_tokens(reader);
  if (reader.next_kind() == world::TokenKind::kLetter)
    ids = letters.choose_among(reader, ids, values);
  if (reader.next_kind() == world::TokenKind::kMaterial) ids = fitting_materials(ids, values);
  const auto likeliest = *std::max_element(
      ids.begin(), ids.end(), [&](int64_t a, int64_t b) { return values[a] < values[b]; });
  const double warmth = temperature(reader.next_kind(), options);
  std::vector<double> weights;
  double sum = 0;
  for (const int64_t id : ids) {
    const double difference = values[id] - values[likeliest];
    const double weight =
        std::exp(difference) < options.least_share ? 0.0 : std::exp(difference / warmth);
    weights.push_back(weight);
    sum += weight;
  }
  double mark = random.uniform() * sum;
  for (size_t i = 0; i < ids.size(); ++i) {
    mark -= weights[i];
    if (mark < 0 && weights[i] > 0) return ids[i];
  }
  return likeliest;
}

struct Draft {
  world::Scene scene;
  int faults = 0;
};

Draft sample(models::ScenePrior& prior,
             std::vector<nn::KeyValueCache> cache,
             std::vector<nn::KeyValueCache> negative,
             WordsLeft words,
             bool may_be_free,
             Random& random,
             const SceneWriterOptions& options) {
  world::SceneTokenReader reader;
  SignLetters letters(words, may_be_free);
  int64_t token = reader.allowed().first;
  for (int64_t position = 0; position < prior->config().max_scene; ++position) {
    const bool word_ends = world::ends_word(token);
    reader.push(token);
    if (word_ends) words.use(reader.scene().objects.back().word);
    if (reader.finished()) break;
    torch::Tensor logits = prior->step(token, position, cache);
    if (options.guidance != 1.0) {
      // Classifier-free guidance (Ho & Salimans 2022, arXiv:2207.12598, equation 6) on the logits
      // of the next token.
      const torch::Tensor away = prior->step(token, position, negative);
      logits =
          away + (torch::log_softmax(logits, -1) - torch::log_softmax(away, -1)) * options.guidance;
    }
    token = choose(logits.contiguous(), reader, letters, random, options);
  }
  // What could not stand there is worst, a missing word worse than a crowd.
  const int faults = (world::is_physical(reader.scene()) ? 0 : 100) + 2 * words.count() +
                     (world::is_clear(reader.scene()) ? 0 : 1);
  return {reader.scene(), faults};
}

}  // namespace

world::Scene write_scene(models::ScenePrior& prior,
                         const std::vector<int>& caption,
                         const std::vector<int>& negative,
                         const std::vector<std::string>& words,
                         Random& random,
                         const SceneWriterOptions& options) {
  const auto caches = read(prior, caption);
  const auto away =
      options.guidance != 1.0 ? read(prior, negative) : std::vector<nn::KeyValueCache>();
  Draft best;
  for (int attempt = 0; attempt < options.attempts; ++attempt) {
    // A prior that never gives a word its sign is made to in the end.
    const bool may_be_free = attempt < options.attempts / 2;
    Draft draft = sample(prior, caches, away, WordsLeft(words), may_be_free, random, options);
    if (attempt == 0 || draft.faults < best.faults) best = std::move(draft);
    if (best.faults == 0) break;
  }
  return best.scene;
}

}  // namespace lienzo::pipelines
