#include "lienzo/pipelines/scene_writer.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

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

// A token that may come next, by its probability; unlikely ones are left out (min-p sampling).
int64_t choose(const torch::Tensor& logits,
               const world::SceneTokenReader& reader,
               Random& random,
               const SceneWriterOptions& options) {
  const auto allowed = reader.allowed();
  std::vector<int64_t> ids;
  for (int64_t id = allowed.first; id < allowed.last; ++id) ids.push_back(id);
  if (allowed.also) ids.push_back(*allowed.also);
  const auto* values = logits.data_ptr<float>();
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

world::Scene sample(models::ScenePrior& prior,
                    std::vector<nn::KeyValueCache> cache,
                    std::vector<nn::KeyValueCache> negative,
                    Random& random,
                    const SceneWriterOptions& options) {
  world::SceneTokenReader reader;
  int64_t token = reader.allowed().first;
  for (int64_t position = 0; position < prior->config().max_scene; ++position) {
    reader.push(token);
    if (reader.finished()) break;
    torch::Tensor logits = prior->step(token, position, cache);
    if (options.guidance != 1.0) {
      // Classifier-free guidance (Ho & Salimans 2022, arXiv:2207.12598, equation 6) on the logits
      // of the next token.
      const torch::Tensor away = prior->step(token, position, negative);
      logits =
          away + (torch::log_softmax(logits, -1) - torch::log_softmax(away, -1)) * options.guidance;
    }
    token = choose(logits.contiguous(), reader, random, options);
  }
  return reader.scene();
}

}  // namespace

world::Scene write_scene(models::ScenePrior& prior,
                         const std::vector<int>& caption,
                         const std::vector<int>& negative,
                         Random& random,
                         const SceneWriterOptions& options) {
  const auto caches = read(prior, caption);
  const auto away =
      options.guidance != 1.0 ? read(prior, negative) : std::vector<nn::KeyValueCache>();
  world::Scene scene;
  for (int attempt = 0; attempt < options.attempts; ++attempt) {
    scene = sample(prior, caches, away, random, options);
    if (world::is_physical(scene)) break;
  }
  return scene;
}

}  // namespace lienzo::pipelines
