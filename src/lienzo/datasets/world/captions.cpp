#include "lienzo/datasets/world/captions.h"

#include <string_view>

#include "lienzo/datasets/world/captions_writer.h"

namespace lienzo::datasets::world {
namespace {

constexpr double kBare = 0.14;
constexpr double kDefinite = 0.06;
constexpr double kOpening = 0.5;
constexpr double kBackgroundFirst = 0.2;
constexpr double kBackgroundSentence = 0.05;
constexpr double kCapital = 0.2;
constexpr double kNoAccents = 0.05;

/// Upper case for the first letter and after full stops; what stands in quotes stays.
void capitalise_sentences(std::string& text) {
  bool start = true, quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (start && c >= 'a' && c <= 'z') {
      text[i] = static_cast<char>(c - 'a' + 'A');
      start = false;
    } else if (c == '.') {
      start = true;
    } else if (c != ' ' && static_cast<unsigned char>(c) < 0x80) {
      start = false;
    }
  }
}

void strip_accents(std::string& text, bool keep_enye) {
  std::string plain;
  plain.reserve(text.size());
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    if (quoted || c != '\xC3' || i + 1 == text.size()) {
      plain += c;
      continue;
    }
    const char second = text[++i];
    switch (static_cast<unsigned char>(second)) {
      case 0xA1: plain += 'a'; break;
      case 0xA9: plain += 'e'; break;
      case 0xAD: plain += 'i'; break;
      case 0xB3: plain += 'o'; break;
      case 0xBA: plain += 'u'; break;
      case 0xB1:
        if (!keep_enye) {
          plain += 'n';
          break;
        }
        [[fallthrough]];
      default: plain += c; plain += second;
    }
  }
  text = std::move(plain);
}

std::string compose(const SceneSpec& spec,
                    const Grammar& g,
                    Choice& choice,
                    std::vector<int>* mention_order) {
  Writer writer(spec, g, choice);
  const BackgroundWords* background =
      spec.background ? &g.backgrounds[static_cast<size_t>(*spec.background)] : nullptr;
  const bool bare = choice.chance(kBare);
  writer.set_bare(bare);
  const bool definite = !bare && writer.may_be_definite() && choice.chance(kDefinite);

  std::string text;
  const Opening* opening = nullptr;
  bool question = false;
  writer.set_definite(definite);
  if (bare) {
    writer.begin(false);
    if (choice.chance(0.25)) text = choice.early(g.bare_openings);
  } else if (background != nullptr && !definite && choice.chance(kBackgroundFirst)) {
    text = choice.early(background->phrases);
    background = nullptr;
    const bool there_is = choice.chance(0.5);
    writer.begin(!there_is);
    if (!there_is || (g.language == Language::kEnglish && choice.chance(0.7))) text += ',';
    if (there_is) {
      append_words(text,
                   writer.starts_plural() ? g.existence_plural.front() : g.existence.front(),
                   g.language);
    }
  } else if (choice.chance(kOpening)) {
    writer.begin(false);
    opening = &choice.early(g.openings);
    // A question cannot go on into further sentences.
    const bool simple = writer.plan().edges.size() < 2 && writer.plan().components == 1;
    if (opening->kind == Opening::Kind::kQuestion && !simple) opening = &g.openings.front();
    // "there is the red cube" would point at something.
    if (opening->kind == Opening::Kind::kThereIs && definite) opening = &g.openings.front();
    question = opening->kind == Opening::Kind::kQuestion && choice.chance(0.6);
    if (question && g.language == Language::kSpanish && choice.chance(0.5)) text = "¿";
    text += writer.starts_plural() ? opening->plural : opening->singular;
  } else {
    writer.begin(choice.free());
  }
  writer.write(text);

  if (background != nullptr) {
    if (bare) {
      const bool tag = choice.chance(0.6);
      if (tag || choice.chance(0.3)) text += ',';
      append_words(text, choice.early(tag ? background->tags : background->phrases), g.language);
    } else if (!question && choice.chance(kBackgroundSentence)) {
      text += choice.chance(0.7) ? '.' : ',';
      append_words(text, choice.early(background->sentences), g.language);
    } else {
      const bool crowded = spec.objects.size() > 1;
      if (choice.chance(crowded ? 0.4 : 0.15)) text += ',';
      append_words(text, choice.early(background->phrases), g.language);
    }
  }
  const bool request = opening != nullptr && (opening->kind == Opening::Kind::kRequest ||
                                              opening->kind == Opening::Kind::kQuestion);
  if (request && choice.chance(0.06) && !text.starts_with(g.please.front())) {
    if (choice.chance(0.6)) text += ',';
    append_words(text, g.please.front(), g.language);
  }
  const bool capital = choice.chance(kCapital);
  if (question) {
    text += '?';
  } else if (choice.chance(capital ? 0.6 : 0.06)) {
    text += '.';
  }
  if (capital) capitalise_sentences(text);
  if (g.language == Language::kSpanish && choice.chance(kNoAccents))
    strip_accents(text, choice.chance(0.5));
  if (mention_order != nullptr) *mention_order = writer.mention_order();
  return text;
}

}  // namespace

std::string describe(const SceneSpec& spec,
                     Language language,
                     Random& random,
                     std::vector<int>* mention_order) {
  Choice choice(&random);
  return compose(spec, grammar(language), choice, mention_order);
}

std::string describe_plain(const SceneSpec& spec, Language language) {
  Choice choice(nullptr);
  return compose(spec, grammar(language), choice, nullptr);
}

}  // namespace lienzo::datasets::world
