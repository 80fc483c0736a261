#include "lienzo/datasets/world/scene_tokens.h"

#include <fmt/format.h>

#include <array>
#include <numeric>

#include "lienzo/base/error.h"

namespace lienzo::datasets::world {
namespace {

constexpr std::array<int, 14> kCounts = {1,
                                         1,
                                         kBackgrounds,
                                         kVariants,
                                         kShapes,
                                         kColours,
                                         kMaterials,
                                         kSizes,
                                         kYaws,
                                         kMaxX - kMinX + 1,
                                         kMaxZ - kMinZ + 1,
                                         kMaxElevation + 1,
                                         static_cast<int>(kLetters.size()),
                                         1};

constexpr std::array<int, 15> make_starts() {
  std::array<int, 15> starts = {};
  for (size_t i = 0; i < kCounts.size(); ++i) starts[i + 1] = starts[i] + kCounts[i];
  return starts;
}
constexpr std::array<int, 15> kStarts = make_starts();

int64_t token(TokenKind kind, int value = 0) { return kStarts[static_cast<size_t>(kind)] + value; }

}  // namespace

int scene_vocabulary() { return kStarts.back(); }

std::vector<int64_t> scene_to_tokens(const Scene& scene, std::span<const int> order) {
  std::vector<int> identity(scene.objects.size());
  std::iota(identity.begin(), identity.end(), 0);
  if (order.empty()) order = identity;
  std::vector<int64_t> tokens = {token(TokenKind::kBegin),
                                 token(TokenKind::kBackground, static_cast<int>(scene.background)),
                                 token(TokenKind::kVariant, scene.variant)};
  for (const int index : order) {
    const Object& object = scene.objects.at(static_cast<size_t>(index));
    tokens.push_back(token(TokenKind::kShape, static_cast<int>(object.shape)));
    tokens.push_back(token(TokenKind::kColour, static_cast<int>(object.colour)));
    tokens.push_back(token(TokenKind::kMaterial, static_cast<int>(object.material)));
    tokens.push_back(token(TokenKind::kSize, static_cast<int>(object.size)));
    if (object.shape == Shape::kSign) {
      for (const char letter : object.word)
        tokens.push_back(token(TokenKind::kLetter, static_cast<int>(kLetters.find(letter))));
      tokens.push_back(token(TokenKind::kWordEnd));
    }
    if (turns(object.shape)) tokens.push_back(token(TokenKind::kYaw, object.yaw));
    tokens.push_back(token(TokenKind::kX, object.x - kMinX));
    tokens.push_back(token(TokenKind::kZ, object.z - kMinZ));
    tokens.push_back(token(TokenKind::kElevation, object.elevation));
  }
  tokens.push_back(token(TokenKind::kEnd));
  return tokens;
}

std::optional<char> letter_of(int64_t id) {
  const int64_t first = token(TokenKind::kLetter);
  if (id < first || id >= token(TokenKind::kWordEnd)) return std::nullopt;
  return kLetters[static_cast<size_t>(id - first)];
}

std::optional<Material> material_of(int64_t id) {
  const int64_t first = token(TokenKind::kMaterial);
  if (id < first || id >= first + kMaterials) return std::nullopt;
  return static_cast<Material>(id - first);
}

bool ends_word(int64_t id) { return id == token(TokenKind::kWordEnd); }

SceneTokenReader::Allowed SceneTokenReader::allowed() const {
  const auto kind = static_cast<size_t>(next_);
  Allowed allowed{kStarts[kind], kStarts[kind + 1], std::nullopt};
  const auto only = [&](TokenKind one) {
    return Allowed{token(one), token(one) + 1, std::nullopt};
  };
  if (next_ == TokenKind::kShape && !scene_.objects.empty()) {
    if (scene_.objects.size() == kMaxObjects) return only(TokenKind::kEnd);
    allowed.also = token(TokenKind::kEnd);
  }
  if (next_ == TokenKind::kLetter) {
    const size_t letters = scene_.objects.back().word.size();
    if (letters == kMaxLetters) return only(TokenKind::kWordEnd);
    if (letters > 0) allowed.also = token(TokenKind::kWordEnd);
  }
  if (next_ == TokenKind::kMaterial && scene_.objects.back().shape == Shape::kSign)
    allowed.last = allowed.first + 1;
  return allowed;
}

void SceneTokenReader::after_attributes() {
  next_ = object().shape == Shape::kSign ? TokenKind::kLetter
          : turns(object().shape)        ? TokenKind::kYaw
                                         : TokenKind::kX;
}

void SceneTokenReader::push(int64_t id) {
  const Allowed range = allowed();
  if (finished_ || ((id < range.first || id >= range.last) && id != range.also)) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[scene tokens] token {} may not stand here", id));
  }
  const int value = static_cast<int>(id - kStarts[static_cast<size_t>(next_)]);
  switch (next_) {
    case TokenKind::kBegin: next_ = TokenKind::kBackground; break;
    case TokenKind::kBackground:
      scene_.background = static_cast<Background>(value);
      next_ = TokenKind::kVariant;
      break;
    case TokenKind::kVariant:
      scene_.variant = value;
      next_ = TokenKind::kShape;
      break;
    case TokenKind::kShape:
      if (id == token(TokenKind::kEnd)) {
        finished_ = true;
        break;
      }
      scene_.objects.emplace_back();
      object().shape = static_cast<Shape>(value);
      next_ = TokenKind::kColour;
      break;
    case TokenKind::kColour:
      object().colour = static_cast<Colour>(value);
      next_ = TokenKind::kMaterial;
      break;
    case TokenKind::kMaterial:
      object().material = static_cast<Material>(value);
      next_ = TokenKind::kSize;
      break;
    case TokenKind::kSize:
      object().size = static_cast<Size>(value);
      after_attributes();
      break;
    case TokenKind::kLetter:
      if (id == token(TokenKind::kWordEnd))
        next_ = TokenKind::kX;
      else
        object().word += kLetters[static_cast<size_t>(value)];
      break;
    case TokenKind::kYaw:
      object().yaw = value;
      next_ = TokenKind::kX;
      break;
    case TokenKind::kX:
      object().x = value + kMinX;
      next_ = TokenKind::kZ;
      break;
    case TokenKind::kZ:
      object().z = value + kMinZ;
      next_ = TokenKind::kElevation;
      break;
    case TokenKind::kElevation:
      object().elevation = value;
      next_ = TokenKind::kShape;
      break;
    case TokenKind::kEnd:
    case TokenKind::kWordEnd: break;
  }
}

}  // namespace lienzo::datasets::world
