#include <algorithm>

#include "lienzo/datasets/world/captions_writer.h"

/// How the Writer names objects: indefinite at first, then so that nothing else can be meant.
namespace lienzo::datasets::world {
namespace {

/// Whether an object described as `other` surely has everything that `said` says of `spec`.
bool has_all(const ObjectSpec& other, const ObjectSpec& spec) {
  return (!spec.shape || other.shape == spec.shape) &&
         (!spec.colour || other.colour == spec.colour) &&
         (!spec.material || other.material == spec.material) &&
         (!spec.size || other.size == spec.size) && (!spec.word || other.word == spec.word);
}

template <typename T>
bool may_equal(const std::optional<T>& a, const std::optional<T>& b) {
  return !a || !b || a == b;
}

}  // namespace

void Writer::put(std::string_view words) { append_words(out_, words, grammar_.language); }

void Writer::note_mention(int node) {
  if (std::find(mentioned_.begin(), mentioned_.end(), node) != mentioned_.end()) return;
  mentioned_.push_back(node);
  const std::vector<int>& members = plan_.nodes[node].members;
  order_.insert(order_.end(), members.begin(), members.end());
}

bool Writer::may_be_definite() const {
  for (size_t i = 0; i < plan_.nodes.size(); ++i) {
    const int node = static_cast<int>(i);
    if (count_of(node) > 1 || !spec_of(node).shape) return false;
    for (size_t j = 0; j < i; ++j) {
      if (spec_of(static_cast<int>(j)) == spec_of(node)) return false;
    }
  }
  return plan_.nodes.size() > 1;
}

void Writer::mention(int node) {
  const bool known = std::find(mentioned_.begin(), mentioned_.end(), node) != mentioned_.end();
  NounPhrase phrase;
  if (known) {
    phrase = definite(node);
  } else {
    phrase = {&spec_of(node),
              nouns_[node],
              count_of(node),
              bare_ && !further_ ? Determiner::kBare : Determiner::kIndefinite};
    if (definite_) phrase.determiner = Determiner::kDefinite;
    const bool twin = std::any_of(mentioned_.begin(), mentioned_.end(), [&](int other) {
      return spec_of(other) == spec_of(node) && nouns_[other] == nouns_[node];
    });
    // In a further sentence "un cubo rojo" could be taken for the one already named.
    if (twin && phrase.count == 1 && (further_ || (!bare_ && !choice_.chance(0.25)))) {
      phrase.determiner = Determiner::kAnother;
    }
  }
  note_mention(node);
  append_noun_phrase(out_, grammar_, phrase, choice_);
}

void Writer::mention_after_and(int node) {
  std::string before = std::move(out_);
  out_.clear();
  mention(node);
  std::swap(before, out_);
  append_and(out_, grammar_, before);
  put(before);
}

/// "un cubo rojo encima de otro azul", "a red cube on a blue one".
void Writer::mention_anaphor(int node, int after) {
  const ObjectSpec& a = spec_of(after);
  const ObjectSpec& b = spec_of(node);
  const auto simple = [](const ObjectSpec& s) {
    return s.colour && !s.material && !s.size && !s.word;
  };
  const bool known = std::find(mentioned_.begin(), mentioned_.end(), node) != mentioned_.end();
  const bool fits = !known && !bare_ && !definite_ && !mentioned_.empty() && a.shape &&
                    a.shape == b.shape && a.colour != b.colour && simple(a) && simple(b) &&
                    count_of(node) == 1 && count_of(after) == 1 && nouns_[node] == nouns_[after] &&
                    mentioned_.back() == after;
  if (!fits || !choice_.chance(0.2)) return mention(node);
  NounPhrase phrase = {&b, nouns_[node], 1, Determiner::kIndefinite};
  phrase.say.shape = false;
  note_mention(node);
  append_noun_phrase(out_, grammar_, phrase, choice_);
}

NounPhrase Writer::definite(int node) {
  const ObjectSpec& spec = spec_of(node);
  NounPhrase phrase = {&spec, nouns_[node], count_of(node), Determiner::kDefinite};
  bool shape_is_enough = spec.shape.has_value();
  bool colour_is_enough = spec.colour.has_value();
  for (size_t i = 0; i < plan_.nodes.size(); ++i) {
    if (static_cast<int>(i) == node) continue;
    shape_is_enough &= !may_equal(spec.shape, spec_of(static_cast<int>(i)).shape);
    colour_is_enough &= !may_equal(spec.colour, spec_of(static_cast<int>(i)).colour);
  }
  if (shape_is_enough && choice_.chance(0.5)) {
    phrase.say = {true, false, false, false, false};
    return phrase;
  }
  if (colour_is_enough && choice_.chance(0.2)) {
    phrase.say = {false, true, false, false, false};
    return phrase;
  }
  int before = 0, others = 0;
  bool passed = false;
  for (int other : mentioned_) {
    if (other == node) {
      passed = true;
    } else if (count_of(other) == phrase.count && has_all(spec_of(other), spec)) {
      ++others;
      if (!passed) ++before;
    }
  }
  if (others > 0) {
    phrase.determiner = Determiner::kOrdinal;
    phrase.ordinal = before;
  }
  return phrase;
}

Agreement Writer::agreement(int node) const {
  return {noun_of(grammar_, spec_of(node), nouns_[node]).feminine, count_of(node) > 1};
}

std::string_view Writer::preposition(const Edge& edge) {
  return choice_.early(grammar_.relations[static_cast<size_t>(edge.relation)].prepositions);
}

void Writer::predicate(const Edge& edge, bool allow_placement) {
  const RelationWords& words = grammar_.relations[static_cast<size_t>(edge.relation)];
  // "algo" and "cosa" differ in gender, so unknown shapes take no participle.
  const bool participle = allow_placement && !bare_ && spec_of(edge.subject).shape.has_value();
  if (participle && !words.placements.empty() && choice_.chance(0.12)) {
    const Placement& placement = choice_.early(words.placements);
    put(placement.participle.form(agreement(edge.subject)));
    put(placement.preposition);
  } else {
    if (participle && choice_.chance(0.06))
      put(choice_.early(grammar_.placed).form(agreement(edge.subject)));
    put(preposition(edge));
  }
  subject_ = edge.subject;
  relation_ = edge.relation;
  ends(edge);
  subject_ = edge.subject;
}

void Writer::verb_and_predicate(const Edge& edge, const Texts& singular, const Texts& plural) {
  const Texts& verbs = count_of(edge.subject) > 1 ? plural : singular;
  const int verb = choice_.early(static_cast<int>(verbs.size()));
  put(verbs[verb]);
  predicate(edge, verb == 0);  // "is sitting on" but not "stands sitting on"
}

void Writer::ends(const Edge& edge) {
  if (edge.second < 0 || edge.second == edge.object) {
    if (subject_ == edge.subject) {
      mention_anaphor(edge.object, edge.subject);
    } else {
      mention(edge.object);
    }
    last_ = edge.object;
    return;
  }
  mention(edge.object);
  mention_after_and(edge.second);
  last_ = edge.second;
}

}  // namespace lienzo::datasets::world
