#include "lienzo/datasets/world/lexicon.h"

#include <algorithm>
#include <array>

#include "lienzo/datasets/world/captions_grammar.h"
#include "lienzo/text/fold.h"
#include "lienzo/text/quotes.h"

namespace lienzo::datasets::world {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '\'' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Calls `visit(begin, end)` for every run of letters of `text`. Bytes above 127 count as letters.
template <typename Visit>
void for_each_word(std::string_view text, Visit visit) {
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && is_letter(text[end])) ++end;
    if (end > i) visit(i, end);
    i = std::max(end, i + 1);
  }
}

/// Whether `word` announces the letters of a sign.
bool announces(std::string_view word) {
  static constexpr std::array<std::string_view, 17> kVerbs = {"dice",
                                                              "dicen",
                                                              "diga",
                                                              "digan",
                                                              "pone",
                                                              "ponen",
                                                              "ponga",
                                                              "palabra",
                                                              "texto",
                                                              "says",
                                                              "say",
                                                              "saying",
                                                              "reads",
                                                              "read",
                                                              "reading",
                                                              "word",
                                                              "text"};
  return std::find(kVerbs.begin(), kVerbs.end(), word) != kVerbs.end();
}

bool names_sign(std::string_view word) {
  for (Language language : {Language::kSpanish, Language::kEnglish}) {
    for (const Noun& noun : grammar(language).nouns[static_cast<size_t>(Shape::kSign)]) {
      if (word == noun.singular || word == noun.plural) return true;
    }
  }
  return false;
}

/// Puts quotes around words that must be the letters of a sign: what follows "dice" or "says", and
/// what stands in capitals beside a sign that does not ("a STOP sign", but not "A RED SIGN").
/// Quoted text is never touched.
std::string quote_sign_letters(const std::string& text) {
  if (!text::find_quoted(text).empty()) return text;
  bool sign = false;
  for_each_word(text, [&](size_t begin, size_t end) {
    sign |= names_sign(std::string_view(text).substr(begin, end - begin));
  });
  std::string out;
  size_t done = 0;
  bool announced = false;
  for_each_word(text, [&](size_t begin, size_t end) {
    const std::string word = text.substr(begin, end - begin);
    const std::string lower = text::lower_case(word);
    const bool capitals =
        sign && end - begin > 1 && word != lower && word == text::upper_case(word);
    const std::string_view gap = std::string_view(text).substr(done, begin - done);
    announced = announced && gap.find_first_not_of(" :") == std::string_view::npos;
    out += gap;
    out += announced || capitals ? '"' + word + '"' : word;
    announced = announces(lower);
    done = end;
  });
  return out + text.substr(done);
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
  for (const Texts* items : {&g.bare_openings,
                             &g.numbers,
                             &g.pairs,
                             &g.colour_prefixes,
                             &g.contains,
                             &g.contains_plural,
                             &g.existence,
                             &g.existence_plural,
                             &g.is,
                             &g.are,
                             &g.which_is,
                             &g.which_are,
                             &g.beside,
                             &g.also,
                             &g.also_plural,
                             &g.besides,
                             &g.please,
                             &g.function_words}) {
    texts(*items);
  }
  texts(g.one_and_other);
  texts(g.has);
  texts(g.has_plural);
  visit(g.and_word);
}

}  // namespace

std::vector<std::string> caption_words(std::string_view text) {
  std::string open(text);
  for (const text::QuotedSpan& span : text::find_quoted(text)) {
    std::fill(open.begin() + static_cast<ptrdiff_t>(span.begin),
              open.begin() + static_cast<ptrdiff_t>(span.end),
              ' ');
  }
  for (std::string_view sign : {"¿", "¡"}) {
    for (size_t at = open.find(sign); at != open.npos; at = open.find(sign))
      open.replace(at, sign.size(), 1, ' ');
  }
  const std::string lower = text::lower_case(open);
  std::vector<std::string> words;
  for_each_word(
      lower, [&](size_t begin, size_t end) { words.push_back(lower.substr(begin, end - begin)); });
  return words;
}

std::string normalise_caption(std::string_view text) {
  std::string single;
  for (char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank) {
      single += c;
    } else if (!single.empty() && single.back() != ' ') {
      single += ' ';
    }
  }
  if (single.ends_with(' ')) single.pop_back();
  const std::string quoted = text::normalise_quoted(quote_sign_letters(single)).text;
  std::string out;
  size_t done = 0;
  for (const text::QuotedSpan& span : text::find_quoted(quoted)) {
    out += text::lower_case(quoted.substr(done, span.begin - done));
    out += quoted.substr(span.begin, span.end - span.begin);
    done = span.end;
  }
  return out + text::lower_case(quoted.substr(done));
}

std::vector<std::string> lexicon(Language language) {
  std::vector<std::string> words;
  for_each_text(grammar(language), [&](std::string_view text) {
    for (std::string& word : caption_words(text)) {
      words.push_back(text::strip_accents(word, /*keep_enye=*/true));
      words.push_back(text::strip_accents(word));
      words.push_back(std::move(word));
    }
  });
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

}  // namespace lienzo::datasets::world
