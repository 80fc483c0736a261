#pragma once

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "lienzo/base/random.h"
#include "lienzo/datasets/world/captions.h"
#include "lienzo/datasets/world/scene.h"

/// The words of the captions. Both languages fill the same tables; English simply repeats forms
/// that do not agree.
namespace lienzo::datasets::world {

/// Draws from the tables. Without a generator it takes the first entry and never takes a chance,
/// which turns the grammar of the random captions into that of the canonical ones.
class Choice {
 public:
  explicit Choice(Random* random) : random_(random) {}
  bool free() const { return random_ != nullptr; }
  bool chance(double probability) { return random_ != nullptr && random_->chance(probability); }
  /// 0..count-1, evenly.
  int even(int count) { return random_ == nullptr ? 0 : random_->integer(0, count - 1); }
  /// 0..count-1, early ones far more often (probability of the first: 1 / sqrt(count)).
  int early(int count) {
    if (random_ == nullptr) return 0;
    const double u = random_->uniform();
    return static_cast<int>(u * u * count);
  }
  template <typename T>
  const T& early(const std::vector<T>& items) {
    return items[static_cast<size_t>(early(static_cast<int>(items.size())))];
  }
  template <typename Container>
  void shuffle(Container& items) {
    if (random_ != nullptr) random_->shuffle(items);
  }

 private:
  Random* random_;
};

/// Tables are ordered: common wordings first.
using Texts = std::vector<std::string_view>;

struct Agreement {
  bool feminine = false;
  bool plural = false;
};

struct Noun {
  std::string_view singular, plural;
  bool feminine = false;
};

/// Masculine singular, feminine singular, masculine plural, feminine plural.
struct Adjective {
  std::array<std::string_view, 4> forms;
  std::string_view form(Agreement a) const {
    return forms[(a.plural ? 2 : 0) + (a.feminine ? 1 : 0)];
  }
};
using Adjectives = std::vector<Adjective>;

/// `cartel que dice "SOL"`, `sign with "SUN" on it`.
struct WordFrame {
  std::string_view before, before_plural;
  std::string_view after = {}, after_plural = {};
};

/// "apilado sobre": a participle that agrees with the subject, and its preposition.
struct Placement {
  Adjective participle;
  std::string_view preposition;
};

struct RelationWords {
  Texts prepositions;                                                // A <encima de> B
  Texts adverbs;                                                     // B con A <encima>
  Texts adverbs_plural;                                              // the same where B is plural
  std::vector<Placement> placements;                                 // A <apilado> <sobre> B
  std::vector<std::pair<std::string_view, std::string_view>> sides;  // A <arriba> y B <abajo>
};

struct BackgroundWords {
  Texts phrases;    // adverbials: "de noche"
  Texts tags;       // for telegraphic captions: "noche"
  Texts sentences;  // "es de noche"
};

struct Opening {
  enum class Kind : uint8_t { kPicture, kThereIs, kRequest, kQuestion };
  std::string_view singular, plural;  // agree with what is seen: "se ve", "se ven"
  Kind kind = Kind::kPicture;
};

struct Grammar {
  Language language = Language::kSpanish;
  std::array<std::vector<Noun>, kShapes> nouns;
  std::vector<Noun> generic_nouns;  // for an object of unknown shape
  std::string_view something;
  std::array<Adjectives, kColours> colours;
  Texts colour_prefixes;                         // "de color" rojo (Spanish)
  std::array<Adjectives, kMaterials> materials;  // Spanish: after the noun; English: before it
  std::array<Texts, kMaterials> material_tails;  // English: "made of glass"
  std::array<Adjectives, kSizes> sizes;
  std::array<Adjectives, kSizes> sizes_before;  // Spanish: "gran", "pequeño" before the noun
  std::vector<WordFrame> word_frames;
  std::array<RelationWords, kRelations> relations;
  std::vector<Adjective> placed;  // participles for any relation
  std::array<BackgroundWords, kBackgrounds> backgrounds;
  std::vector<Opening> openings;
  Texts bare_openings;  // before telegraphic captions: "foto de"
  Texts numbers;        // index = number; 0 and 1 unused
  Texts pairs;          // "un par de"
  std::array<Adjective, kMaxObjects> ordinals;
  Texts contains;  // B <que contiene> A
  Texts contains_plural;
  Texts existence, existence_plural;  // encima de B <hay> A
  Texts is, are;                      // A <está> encima de B
  Texts which_is, which_are;          // B, <que está> delante de C
  Texts beside;                       // two objects, relation left open
  Texts also;                         // starts a further sentence: "también hay"
  Texts also_plural;
  Texts besides;  // ", además de" A
  Texts please;
  Texts has, has_plural;  // B <con>, <que tiene> A encima
  std::string_view and_word;
  std::array<std::string_view, 4>
      one_and_other;     // masculine, feminine: "uno", "una", "otro", "otra"; "one", "another"
  Texts function_words;  // what the code adds by itself: articles and the like
};

const Grammar& grammar(Language language);

/// Filled by the two language files.
Grammar spanish_grammar();
Grammar english_grammar();

}  // namespace lienzo::datasets::world
