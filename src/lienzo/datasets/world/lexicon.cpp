#include "lienzo/datasets/world/lexicon.h"

#include <algorithm>
#include <array>

#include "lienzo/datasets/world/captions_grammar.h"

namespace lienzo::datasets::world {
namespace {

/// One character: ASCII, a two-byte Latin-1 letter, or any other sequence as it stands.
struct Character {
  std::string_view bytes;
  bool letter = false;
};

Character next_character(std::string_view text, size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  length = std::min(length, text.size() - at);
  const std::string_view bytes = text.substr(at, length);
  if (length == 1) {
    const bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') ||
                        (first >= '0' && first <= '9') || first == '\'';
    return {bytes, letter};
  }
  // General punctuation (U+2000..U+206F), the Latin-1 signs below À (U+00C0), × and ÷ are not letters.
  const bool sign = first == 0xC2 || (first == 0xE2 && (bytes[1] == '\x80' || bytes[1] == '\x81')) ||
                    bytes == "×" || bytes == "÷";
  return {bytes, !sign};
}

void append_lower(std::string& out, std::string_view bytes) {
  if (bytes.size() == 1 && bytes[0] >= 'A' && bytes[0] <= 'Z') {
    out += static_cast<char>(bytes[0] - 'A' + 'a');
  } else if (bytes.size() == 2 && bytes[0] == '\xC3' && static_cast<unsigned char>(bytes[1]) <= 0x9E && bytes != "×") {
    out += bytes[0];
    out += static_cast<char>(bytes[1] + 0x20);
  } else {
    out += bytes;
  }
}

/// For letters on a sign: upper case, no accents; eñe stays.
void append_sign_letter(std::string& out, std::string_view bytes) {
  std::string lower;
  append_lower(lower, bytes);
  static constexpr std::array<std::pair<std::string_view, char>, 6> kPlain = {
      {{"á", 'A'}, {"é", 'E'}, {"í", 'I'}, {"ó", 'O'}, {"ú", 'U'}, {"ü", 'U'}}};
  for (const auto& [accented, plain] : kPlain) {
    if (lower == accented) {
      out += plain;
      return;
    }
  }
  if (lower == "ñ") {
    out += "Ñ";
  } else if (lower.size() == 1 && lower[0] >= 'a' && lower[0] <= 'z') {
    out += static_cast<char>(lower[0] - 'a' + 'A');
  } else {
    out += lower;
  }
}

std::string without_accents(std::string_view word, bool keep_enye) {
  static constexpr std::array<std::pair<std::string_view, char>, 7> kPlain = {
      {{"á", 'a'}, {"é", 'e'}, {"í", 'i'}, {"ó", 'o'}, {"ú", 'u'}, {"ü", 'u'}, {"ñ", 'n'}}};
  std::string out;
  for (size_t i = 0; i < word.size();) {
    const Character c = next_character(word, i);
    i += c.bytes.size();
    const auto found = std::find_if(kPlain.begin(), kPlain.end(), [&](const auto& pair) { return pair.first == c.bytes; });
    if (found == kPlain.end() || (keep_enye && c.bytes == "ñ")) {
      out += c.bytes;
    } else {
      out += found->second;
    }
  }
  return out;
}

/// The quotation mark at `at`, as the mark that ends it; empty if there is none.
std::string_view closing_quote(std::string_view text, size_t at) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kQuotes = {
      {{"\"", "\""}, {"«", "»"}, {"“", "”"}, {"”", "”"}, {"„", "“"}, {"‘", "’"}}};
  for (const auto& [open, close] : kQuotes) {
    if (text.substr(at).starts_with(open)) return close;
  }
  // A single ASCII quote only at the beginning of a word and with its partner: "it's" has none.
  const bool begins = at == 0 || text[at - 1] == ' ';
  if (begins && text[at] == '\'' && text.find('\'', at + 1) != std::string_view::npos) return "'";
  return {};
}

bool announces_word(std::string_view word) {
  static constexpr std::array<std::string_view, 17> kVerbs = {
      "dice", "dicen", "diga", "digan", "pone", "ponen", "ponga", "palabra", "texto",
      "says", "say", "saying", "reads", "read", "reading", "word", "text"};
  return std::find(kVerbs.begin(), kVerbs.end(), word) != kVerbs.end();
}

bool is_upper_word(std::string_view word) {
  int letters = 0;
  for (size_t i = 0; i < word.size();) {
    const Character c = next_character(word, i);
    i += c.bytes.size();
    std::string lower;
    append_lower(lower, c.bytes);
    if (lower == c.bytes) return false;
    ++letters;
  }
  return letters > 1;
}

/// Whether a word in capitals must be what is written on a sign: "a STOP sign", but not "A RED CUBE".
bool capitals_are_letters(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kSigns = {"cartel",  "carteles", "letrero",   "letreros", "señal", "señales",
                                                              "rótulo", "rótulos",  "signboard", "sign",     "signs", "signboards"};
  bool sign = false;
  for (size_t i = 0; i < text.size();) {
    if (!closing_quote(text, i).empty()) return false;
    const Character first = next_character(text, i);
    size_t end = i + first.bytes.size();
    if (first.letter) {
      while (end < text.size() && next_character(text, end).letter) end += next_character(text, end).bytes.size();
      sign |= std::find(kSigns.begin(), kSigns.end(), text.substr(i, end - i)) != kSigns.end();
    }
    i = end;
  }
  return sign;
}

/// Calls `visit(text)` for every piece of text in the tables.
template <typename Visit>
void for_each_text(const Grammar& g, Visit visit) {
  const auto texts = [&](const auto& items) {
    for (std::string_view text : items) visit(text);
  };
  const auto adjectives = [&](const auto& items) {
    for (const Adjective& adjective : items) texts(adjective.forms);
  };
  const auto nouns = [&](const std::vector<Noun>& items) {
    for (const Noun& noun : items) texts(Texts{noun.singular, noun.plural});
  };
  for (const auto& items : g.nouns) nouns(items);
  nouns(g.generic_nouns);
  visit(g.something);
  for (const auto& items : g.colours) adjectives(items);
  for (const auto& items : g.materials) adjectives(items);
  for (const auto& items : g.sizes) adjectives(items);
  for (const auto& items : g.sizes_before) adjectives(items);
  for (const auto& items : g.material_tails) texts(items);
  for (const WordFrame& frame : g.word_frames) {
    texts(Texts{frame.before, frame.before_plural, frame.after, frame.after_plural});
  }
  for (const RelationWords& relation : g.relations) {
    texts(relation.prepositions);
    texts(relation.adverbs);
    texts(relation.adverbs_plural);
    for (const Placement& placement : relation.placements) {
      texts(placement.participle.forms);
      visit(placement.preposition);
    }
    for (const auto& [first, second] : relation.sides) texts(Texts{first, second});
  }
  adjectives(g.placed);
  for (const BackgroundWords& background : g.backgrounds) {
    texts(background.phrases);
    texts(background.tags);
    texts(background.sentences);
  }
  for (const Opening& opening : g.openings) texts(Texts{opening.singular, opening.plural});
  adjectives(g.ordinals);
  for (const Texts* items :
       {&g.bare_openings, &g.numbers, &g.pairs, &g.colour_prefixes, &g.contains, &g.contains_plural, &g.existence,
        &g.existence_plural, &g.is, &g.are, &g.which_is, &g.which_are, &g.beside, &g.also, &g.also_plural, &g.besides,
        &g.please, &g.function_words}) {
    texts(*items);
  }
  texts(g.one_and_other);
  visit(g.with);
  visit(g.and_word);
}

}  // namespace

std::vector<std::string> caption_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto finish = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (size_t i = 0; i < text.size();) {
    const std::string_view close = closing_quote(text, i);
    if (!close.empty()) {
      finish();
      const size_t end = text.find(close, i + 1);
      i = end == std::string_view::npos ? text.size() : end + close.size();
      continue;
    }
    const Character c = next_character(text, i);
    i += c.bytes.size();
    if (c.letter) {
      append_lower(word, c.bytes);
    } else {
      finish();
    }
  }
  finish();
  return words;
}

std::string normalise_caption(std::string_view text) {
  std::string out;
  bool space = false, announced = false;
  const bool capitals = capitals_are_letters(text);
  const auto separate = [&] {
    if (space && !out.empty()) out += ' ';
    space = false;
  };
  const auto put_sign = [&](std::string_view letters) {
    out += '"';
    for (size_t i = 0; i < letters.size();) {
      const Character c = next_character(letters, i);
      i += c.bytes.size();
      append_sign_letter(out, c.bytes);
    }
    out += '"';
  };
  for (size_t i = 0; i < text.size();) {
    const std::string_view close = closing_quote(text, i);
    if (!close.empty()) {
      const size_t begin = i + next_character(text, i).bytes.size();
      const size_t end = std::min(text.find(close, begin), text.size());
      separate();
      put_sign(text.substr(begin, end - begin));
      announced = false;
      i = std::min(end + close.size(), text.size());
      continue;
    }
    const Character c = next_character(text, i);
    if (!c.letter) {
      const bool blank = c.bytes == " " || c.bytes == "\t" || c.bytes == "\n" || c.bytes == "\r" || c.bytes == "\u00A0";
      if (blank) {
        space = true;
      } else {
        separate();
        out += c.bytes;
        if (c.bytes != ":") announced = false;
      }
      i += c.bytes.size();
      continue;
    }
    size_t end = i;
    std::string word;
    while (end < text.size()) {
      const Character letter = next_character(text, end);
      if (!letter.letter) break;
      append_lower(word, letter.bytes);
      end += letter.bytes.size();
    }
    separate();
    if (announced || (capitals && is_upper_word(text.substr(i, end - i)))) {
      put_sign(text.substr(i, end - i));
      announced = false;
    } else {
      out += word;
      announced = announces_word(word);
    }
    i = end;
  }
  return out;
}

std::vector<std::string> lexicon(Language language) {
  std::vector<std::string> words;
  for_each_text(grammar(language), [&](std::string_view text) {
    for (std::string& word : caption_words(text)) {
      words.push_back(without_accents(word, true));
      words.push_back(without_accents(word, false));
      words.push_back(std::move(word));
    }
  });
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

}  // namespace lienzo::datasets::world
