#include "lienzo/datasets/world/captions_noun_phrase.h"

#include <array>

namespace lienzo::datasets::world {
namespace {

constexpr double kDigits = 0.08;        // "3 cubos" rather than "tres cubos"
constexpr double kSomething = 0.45;     // "algo rojo" rather than "un objeto rojo"
constexpr double kSizeBefore = 0.25;    // "un gran cubo rojo"
constexpr double kSizeAndColour = 0.1;  // "un cubo grande y rojo"
constexpr double kColourPrefix = 0.1;   // "un cubo de color rojo"
constexpr double kFreeOrder = 0.5;      // adjectives in any order (Spanish)
constexpr double kSwapSize = 0.06;      // "a red big cube" (English)

/// Word of a phrase being put together; the article needs to know what follows it.
class Words {
 public:
  void add(std::string_view text) {
    if (text.empty()) return;
    if (!text_.empty()) text_ += ' ';
    text_ += text;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

template <typename Enum>
size_t index(Enum value) {
  return static_cast<size_t>(value);
}

std::string in_quotes(std::string_view word) {
  std::string text = "\"";
  for (char letter : word) {
    if (letter == '~') {
      text += "Ñ";
    } else {
      text += letter;
    }
  }
  return text += '"';
}

/// `says "HELLO"`, with whatever frame stands around the quotes.
void add_word(Words& words, const Grammar& g, const NounPhrase& p, bool generic, Choice& choice) {
  const WordFrame* frame = &choice.early(g.word_frames);
  if (generic && frame->before.empty())
    frame = &g.word_frames.front();  // `algo "SOL"` would be a name
  words.add(p.count > 1 ? frame->before_plural : frame->before);
  words.add(in_quotes(*p.spec->word));
  words.add(p.count > 1 ? frame->after_plural : frame->after);
}

bool says_word(const NounPhrase& p) { return p.say.word && p.spec->word && !p.spec->word->empty(); }

std::string_view number(const Grammar& g, int count, Choice& choice) {
  static constexpr std::array<std::string_view, 6> kNumerals = {"", "", "2", "3", "4", "5"};
  if (count == 2 && choice.chance(0.07)) return choice.early(g.pairs);
  return choice.chance(kDigits) ? kNumerals[count] : g.numbers[count];
}

void spanish_determiner(
    Words& words, const Grammar& g, const NounPhrase& p, bool feminine, Choice& choice) {
  const bool plural = p.count > 1;
  switch (p.determiner) {
    case Determiner::kBare:
      if (plural) words.add(number(g, p.count, choice));
      return;
    case Determiner::kAnother: words.add(feminine ? "otra" : "otro"); return;
    case Determiner::kIndefinite:
      if (plural) {
        words.add(number(g, p.count, choice));
      } else if (!p.say.shape) {
        const bool other = choice.free() ? choice.chance(0.7) : true;
        words.add(g.one_and_other[(other ? 2 : 0) + (feminine ? 1 : 0)]);
      } else if (choice.chance(0.01)) {
        words.add(feminine ? "una sola" : "un solo");
      } else {
        words.add(feminine ? "una" : "un");
      }
      return;
    case Determiner::kDefinite:
    case Determiner::kOrdinal:
      if (p.determiner == Determiner::kDefinite && p.say.shape && choice.chance(0.06)) {
        words.add(plural ? (feminine ? "estas" : "estos") : (feminine ? "esta" : "este"));
      } else {
        words.add(plural ? (feminine ? "las" : "los") : (feminine ? "la" : "el"));
      }
      if (p.determiner == Determiner::kOrdinal)
        words.add(g.ordinals[p.ordinal].form({feminine, plural}));
      if (plural && choice.chance(0.5)) words.add(g.numbers[p.count]);
      return;
  }
}

struct Modifier {
  std::string_view prefix, text;
  bool plain = false;  // one adjective, fit for "grande y rojo"
};

void spanish(std::string& out, const Grammar& g, const NounPhrase& p, Choice& choice) {
  const ObjectSpec& spec = *p.spec;
  const Noun& noun = noun_of(g, spec, p.noun);
  Words words;
  Agreement agreement = {noun.feminine, p.count > 1};
  const bool fresh = p.determiner == Determiner::kIndefinite || p.determiner == Determiner::kBare;
  const bool something =
      !spec.shape && p.say.shape && fresh && p.count == 1 && choice.chance(kSomething);
  bool size_pending = spec.size && p.say.size;
  if (something) {
    agreement.feminine = false;
    words.add(g.something);
  } else {
    spanish_determiner(words, g, p, agreement.feminine, choice);
    if (size_pending && p.say.shape && p.determiner != Determiner::kBare &&
        choice.chance(kSizeBefore)) {
      words.add(choice.early(g.sizes_before[index(*spec.size)]).form(agreement));
      size_pending = false;
    }
    if (p.say.shape) words.add(agreement.plural ? noun.plural : noun.singular);
  }
  std::array<Modifier, 3> modifiers;
  int count = 0;
  Modifier last;  // "de color rojo" ends the row, so that nothing seems to belong to the colour
  if (spec.colour && p.say.colour) {
    const Adjective& colour = choice.early(g.colours[index(*spec.colour)]);
    if (p.say.shape && choice.chance(kColourPrefix)) {
      last = {choice.early(g.colour_prefixes), colour.form({})};
    } else {
      modifiers[count++] = {{}, colour.form(agreement), true};
    }
  }
  if (size_pending) {
    const Adjective& size = choice.early(g.sizes[index(*spec.size)]);
    const std::string_view text = size.form(agreement);
    modifiers[count++] = {{}, text, text.find(' ') == text.npos};
  }
  if (spec.material && p.say.material) {
    modifiers[count++] = {{}, choice.early(g.materials[index(*spec.material)]).form(agreement)};
  }
  if (count > 1 && choice.chance(kFreeOrder)) {
    for (int i = count - 1; i > 0; --i) std::swap(modifiers[i], modifiers[choice.even(i + 1)]);
  }
  for (int i = 0; i < count; ++i) {
    if (i > 0 && modifiers[i].plain && modifiers[i - 1].plain && choice.chance(kSizeAndColour))
      words.add(g.and_word);
    words.add(modifiers[i].text);
  }
  words.add(last.prefix);
  words.add(last.text);
  if (says_word(p)) add_word(words, g, p, !spec.shape, choice);
  // The article is the first word; append it alone so that it can contract with the preposition
  // before it.
  const std::string& text = words.text();
  const size_t space = text.find(' ');
  append_words(out, text.substr(0, space), g.language);
  if (space != text.npos) out += std::string_view(text).substr(space);
}

bool starts_with_vowel_sound(std::string_view text) {
  if (!text.empty() && text.front() == '"') text.remove_prefix(1);
  return !text.empty() &&
         std::string_view("aeiouAEIO").find(text.front()) != std::string_view::npos;
}

void english(std::string& out, const Grammar& g, const NounPhrase& p, Choice& choice) {
  const ObjectSpec& spec = *p.spec;
  const bool plural = p.count > 1;
  const bool fresh = p.determiner == Determiner::kIndefinite || p.determiner == Determiner::kBare;
  const bool something =
      !spec.shape && p.say.shape && fresh && p.count == 1 && choice.chance(kSomething);
  const std::string_view size = spec.size && p.say.size
                                    ? choice.early(g.sizes[index(*spec.size)]).form({})
                                    : std::string_view();
  const std::string_view colour = spec.colour && p.say.colour
                                      ? choice.early(g.colours[index(*spec.colour)]).form({})
                                      : std::string_view();
  std::string_view material, tail;
  if (spec.material && p.say.material) {
    if ((something || choice.chance(0.2)) && p.say.shape) {
      tail = choice.early(g.material_tails[index(*spec.material)]);
    } else {
      material = choice.early(g.materials[index(*spec.material)]).form({});
    }
  }
  Words words;
  bool word_pending = says_word(p);
  if (something) {
    words.add(g.something);
    words.add(size);
    if (!size.empty() && !colour.empty()) words.add(g.and_word);
    words.add(colour);
  } else {
    const bool swap = choice.chance(kSwapSize);
    words.add(swap ? colour : size);
    words.add(swap ? size : colour);
    words.add(material);
    if (word_pending && spec.shape && p.say.shape && choice.chance(0.06)) {
      words.add(in_quotes(*spec.word));
      word_pending = false;
    }
    if (!p.say.shape) {
      words.add(plural ? "ones" : "one");
    } else {
      const Noun& noun = noun_of(g, spec, p.noun);
      words.add(plural ? noun.plural : noun.singular);
    }
  }
  words.add(tail);
  if (word_pending) add_word(words, g, p, !spec.shape, choice);

  const auto put = [&](std::string_view text) { append_words(out, text, g.language); };
  if (!something) {
    switch (p.determiner) {
      case Determiner::kBare:
        if (plural) put(number(g, p.count, choice));
        break;
      case Determiner::kAnother: put("another"); break;
      case Determiner::kIndefinite:
        if (plural) {
          put(number(g, p.count, choice));
        } else if (p.say.shape && choice.chance(0.02)) {
          put("one");
        } else {
          put(starts_with_vowel_sound(words.text()) ? "an" : "a");
        }
        break;
      case Determiner::kDefinite:
      case Determiner::kOrdinal:
        if (p.determiner == Determiner::kDefinite && choice.chance(0.06)) {
          put(plural ? "these" : "this");
        } else {
          put("the");
        }
        if (p.determiner == Determiner::kOrdinal) put(g.ordinals[p.ordinal].form({}));
        if (plural && choice.chance(0.5)) put(g.numbers[p.count]);
        break;
    }
  }
  put(words.text());
}

}  // namespace

const Noun& noun_of(const Grammar& grammar, const ObjectSpec& spec, int noun) {
  return spec.shape ? grammar.nouns[index(*spec.shape)][noun] : grammar.generic_nouns[noun];
}

int count_nouns(const Grammar& grammar, const ObjectSpec& spec) {
  return static_cast<int>(spec.shape ? grammar.nouns[index(*spec.shape)].size()
                                     : grammar.generic_nouns.size());
}

void append_words(std::string& out, std::string_view words, Language language) {
  if (words.empty()) return;
  if (language == Language::kSpanish && words == "el") {
    if (out == "de" || out.ends_with(" de") || out.ends_with(" a")) {
      out += 'l';
      return;
    }
  }
  if (!out.empty() && out.back() != ' ') out += ' ';
  out += words;
}

void append_and(std::string& out, const Grammar& grammar, std::string_view following) {
  const bool e = grammar.language == Language::kSpanish &&
                 (following.starts_with("i") || following.starts_with("hi")) &&
                 !following.starts_with("hie");
  append_words(out, e ? std::string_view("e") : grammar.and_word, grammar.language);
}

void append_noun_phrase(std::string& out,
                        const Grammar& grammar,
                        const NounPhrase& phrase,
                        Choice& choice) {
  if (grammar.language == Language::kSpanish) {
    spanish(out, grammar, phrase, choice);
  } else {
    english(out, grammar, phrase, choice);
  }
}

}  // namespace lienzo::datasets::world
