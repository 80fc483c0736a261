#pragma once

#include <optional>
#include <span>
#include <vector>

#include "lienzo/datasets/world/scene.h"

namespace lienzo::datasets::world {

/// The kinds of tokens in the order in which they share the vocabulary.
enum class TokenKind {
  kBegin,
  kEnd,
  kBackground,
  kVariant,
  kShape,
  kColour,
  kMaterial,
  kSize,
  kYaw,
  kX,
  kZ,
  kElevation,
  kLetter,
  kWordEnd
};

/// Number of tokens a scene is written with.
int scene_vocabulary();
/// Longest scene in tokens: five signs of eight letters.
inline constexpr int kMaxSceneTokens = 3 + kMaxObjects * (7 + kMaxLetters + 1) + 1;

/// begin, background, variant, then for each object shape, colour, material, size, the letters and
/// a word end (signs only), yaw (cubes and pyramids only), x, z, elevation; end. Objects in the
/// order given (indices), or as they are.
std::vector<int64_t> scene_to_tokens(const Scene& scene, std::span<const int> order = {});

/// The letter, as in Object::word, that a token writes; nullopt for other tokens.
std::optional<char> letter_of(int64_t token);
/// The material that a token names; nullopt for other tokens.
std::optional<Material> material_of(int64_t token);
/// Whether a token closes the word of a sign.
bool ends_word(int64_t token);

/// Reads tokens one by one and says what may follow, so that a sampler can only write valid scenes.
class SceneTokenReader {
 public:
  /// Half-open range of token ids that may come next; with `also`, one more id (end or word end).
  struct Allowed {
    int64_t first = 0, last = 0;
    std::optional<int64_t> also;
  };
  Allowed allowed() const;
  /// What comes next is of this kind (the first of two when there is a choice).
  TokenKind next_kind() const { return next_; }
  /// Throws Error(kInvalidInput) for a token that is not allowed here.
  void push(int64_t token);
  bool finished() const { return finished_; }
  const Scene& scene() const { return scene_; }

 private:
  Object& object() { return scene_.objects.back(); }
  void after_attributes();
  Scene scene_;
  TokenKind next_ = TokenKind::kBegin;
  bool finished_ = false;
};

}  // namespace lienzo::datasets::world
