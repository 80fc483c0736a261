#include "lienzo/datasets/world/captions_writer.h"

#include <algorithm>

namespace lienzo::datasets::world {
namespace {

size_t index(Relation relation) { return static_cast<size_t>(relation); }

}  // namespace

Writer::Writer(const SceneSpec& spec, const Grammar& grammar, Choice& choice)
    : spec_(spec), grammar_(grammar), choice_(choice), plan_(plan_caption(spec, choice)) {
  const size_t nodes = plan_.nodes.size();
  said_.assign(plan_.edges.size(), false);
  nouns_.assign(nodes, 0);
  // One noun per shape: "el segundo cubo" must count what was called a cube. Captions that never
  // refer back may mix.
  const bool mix = plan_.edges.size() < 2 && choice_.chance(0.2);
  for (size_t i = 0; i < nodes; ++i) {
    nouns_[i] = choice_.early(count_nouns(grammar_, spec_of(static_cast<int>(i))));
    for (size_t j = 0; j < i && !mix; ++j) {
      if (spec_of(static_cast<int>(j)).shape == spec_of(static_cast<int>(i)).shape)
        nouns_[i] = nouns_[j];
    }
  }
  commas_ = choice_.chance(0.08);
  many_ands_ = choice_.chance(0.06);
  for (int i = 0; i < plan_.components; ++i) components_.push_back(i);
  choice_.shuffle(components_);
}

void Writer::begin(bool finite) { first_ = choose_start(components_.front(), finite && !bare_); }

bool Writer::starts_plural() const {
  return first_.form == Form::kOneAndOther || count_of(first_.node) > 1;
}

bool Writer::starts_finite() const {
  return first_.form == Form::kFinite || first_.form == Form::kThereIs ||
         first_.form == Form::kSidesFirst;
}

void Writer::write(std::string& out) {
  out_ = std::move(out);
  Start start = first_;
  for (size_t i = 0; i < components_.size(); ++i) {
    if (i > 0) {
      const Start next = choose_start(components_[i], false);
      const bool closes = i + 1 == components_.size() ||
                          std::any_of(plan_.edges.begin(), plan_.edges.end(), [&](const Edge& e) {
                            return plan_.nodes[e.subject].component == components_[i + 1];
                          });
      write_separator(start, next, closes);
      start = next;
    }
    write_component(start);
    if (start.form == Form::kOneAndOther) break;
  }
  out = std::move(out_);
}

Writer::Start Writer::choose_start(int component, bool finite) {
  Start start;
  std::vector<int> candidates;
  for (size_t i = 0; i < plan_.edges.size(); ++i) {
    if (plan_.nodes[plan_.edges[i].subject].component == component)
      candidates.push_back(static_cast<int>(i));
  }
  if (candidates.empty()) {
    for (size_t i = 0; i < plan_.nodes.size(); ++i) {
      if (plan_.nodes[i].component == component) start.node = static_cast<int>(i);
    }
    if (!definite_ && one_and_other_fits() && choice_.chance(0.2)) start.form = Form::kOneAndOther;
    return start;
  }
  const Edge& edge = plan_.edges[candidates[choice_.even(static_cast<int>(candidates.size()))]];
  start.edge = edge;
  start.form = Form::kPlain;
  if (choice_.free()) {
    struct Weighted {
      Form form;
      double weight;
    };
    const bool pair =
        whole_is_one_pair() && !grammar_.relations[index(edge.relation)].sides.empty();
    const Weighted options[] = {
        {Form::kPlain, 50},
        {Form::kConverse, has_converse(edge.relation) ? 24.0 : 0.0},
        {Form::kAdverb, bare_ ? 4.0 : 11.0},
        {Form::kContains, edge.relation == Relation::kInside ? 18.0 : 0.0},
        {Form::kSides, pair ? 7.0 : 0.0},
        {Form::kSidesFirst, pair && finite ? 5.0 : 0.0},
        {Form::kFinite, finite ? 28.0 : 0.0},
        {Form::kThereIs, finite ? 12.0 : 0.0},
    };
    double total = 0;
    for (const Weighted& option : options) total += option.weight;
    double left = total * choice_.even(1 << 20) / (1 << 20);
    for (const Weighted& option : options) {
      left -= option.weight;
      if (left < 0) {
        start.form = option.form;
        break;
      }
    }
  }
  switch (start.form) {
    case Form::kConverse:
      start.edge = turned(edge);
      start.form = Form::kPlain;
      break;
    case Form::kFinite:
    case Form::kThereIs:
    case Form::kSides:
    case Form::kSidesFirst:
      if (has_converse(edge.relation) && choice_.chance(0.35)) start.edge = turned(edge);
      break;
    default: break;
  }
  if (start.edge.second >= 0 && choice_.chance(0.5))
    std::swap(start.edge.object, start.edge.second);
  const bool object_first =
      start.form == Form::kAdverb || start.form == Form::kContains || start.form == Form::kThereIs;
  start.node = object_first ? start.edge.object : start.edge.subject;
  return start;
}

bool Writer::whole_is_one_pair() const {
  return plan_.edges.size() == 1 && plan_.nodes.size() == 2;
}

bool Writer::one_and_other_fits() const {
  if (bare_ || plan_.nodes.size() != 2 || !plan_.edges.empty() || count_of(0) != 1 ||
      count_of(1) != 1)
    return false;
  const ObjectSpec& a = spec_of(0);
  const ObjectSpec& b = spec_of(1);
  const auto only_colour = [](const ObjectSpec& s) {
    return s.colour && !s.material && !s.size && !s.word;
  };
  return a.shape && a.shape == b.shape && only_colour(a) && only_colour(b);
}

Edge Writer::turned(const Edge& edge) const {
  if (!has_converse(edge.relation)) return edge;
  return {converse(edge.relation), edge.object, edge.subject, edge.second};
}

void Writer::write_component(const Start& start) {
  write_start(start);
  if (start.form == Form::kItem || start.form == Form::kOneAndOther) return;
  const int component = plan_.nodes[start.node].component;
  for (size_t i = 0; i < plan_.edges.size(); ++i) {
    const Edge& e = plan_.edges[i];
    const bool same = (e.relation == start.edge.relation && e.subject == start.edge.subject &&
                       ((e.object == start.edge.object && e.second == start.edge.second) ||
                        (e.object == start.edge.second && e.second == start.edge.object))) ||
                      (has_converse(e.relation) && converse(e.relation) == start.edge.relation &&
                       e.subject == start.edge.object && e.object == start.edge.subject);
    if (same) said_[i] = true;
  }
  write_rest(component);
}

void Writer::write_start(const Start& start) {
  const Edge& e = start.edge;
  const RelationWords& words = grammar_.relations[index(e.relation)];
  const bool plural_place = count_of(e.object) > 1 || e.second >= 0;
  subject_ = last_ = -1;
  finite_ = further_ = false;
  relation_ = e.relation;
  switch (start.form) {
    case Form::kItem: mention(start.node); break;
    case Form::kOneAndOther: write_one_and_other(); break;
    case Form::kConverse:
    case Form::kPlain:
      mention(e.subject);
      if (!bare_ && choice_.chance(0.07)) {
        verb_and_predicate(e, grammar_.which_is, grammar_.which_are);
      } else {
        predicate(e);
      }
      break;
    case Form::kAdverb:
      ends(e);
      put(choice_.early(plural_place ? grammar_.has_plural : grammar_.has));
      mention(e.subject);
      put(choice_.early(plural_place ? words.adverbs_plural : words.adverbs));
      subject_ = last_ = -1;
      break;
    case Form::kContains:
      mention(e.object);
      put(choice_.early(count_of(e.object) > 1 ? grammar_.contains_plural : grammar_.contains));
      mention(e.subject);
      subject_ = -1;
      last_ = e.subject;
      break;
    case Form::kSides: {
      const auto& sides = choice_.early(words.sides);
      mention(e.subject);
      put(sides.first);
      if (bare_ || choice_.chance(0.35)) {
        out_ += ',';
        mention(e.object);
      } else {
        mention_after_and(e.object);
      }
      put(sides.second);
      break;
    }
    case Form::kSidesFirst: {
      const auto& sides = choice_.early(words.sides);
      put(sides.first);
      if (choice_.chance(0.5)) {
        put(choice_.early(count_of(e.subject) > 1 ? grammar_.existence_plural
                                                  : grammar_.existence));
      } else if (choice_.chance(0.3)) {
        out_ += ',';
      }
      mention(e.subject);
      if (choice_.chance(0.35)) {
        out_ += ',';
      } else {
        append_and(out_, grammar_, sides.second);
      }
      put(sides.second);
      mention(e.object);
      finite_ = true;
      break;
    }
    case Form::kFinite:
      mention(e.subject);
      verb_and_predicate(e, grammar_.is, grammar_.are);
      finite_ = true;
      break;
    case Form::kThereIs:
      put(preposition(e));
      ends(e);
      put(choice_.early(count_of(e.subject) > 1 ? grammar_.existence_plural : grammar_.existence));
      mention(e.subject);
      last_ = e.subject;
      subject_ = -1;
      finite_ = true;
      break;
  }
}

void Writer::write_rest(int component) {
  const auto known = [this](int node) {
    return std::find(mentioned_.begin(), mentioned_.end(), node) != mentioned_.end();
  };
  for (;;) {
    std::vector<int> open;
    for (size_t i = 0; i < plan_.edges.size(); ++i) {
      const Edge& e = plan_.edges[i];
      if (said_[i] || plan_.nodes[e.subject].component != component) continue;
      if (known(e.subject) || known(e.object) || (e.second >= 0 && known(e.second)))
        open.push_back(static_cast<int>(i));
    }
    if (open.empty()) return;
    const int chosen = open[choice_.even(static_cast<int>(open.size()))];
    said_[chosen] = true;
    write_further(plan_.edges[chosen]);
  }
}

void Writer::write_further(const Edge& edge) {
  const auto known = [this](int node) {
    return std::find(mentioned_.begin(), mentioned_.end(), node) != mentioned_.end();
  };
  // Turned so that `wanted` is the subject, if it can be.
  const auto from = [&](int wanted, Edge& result) {
    if (wanted < 0) return false;
    if (edge.subject == wanted) {
      result = edge;
      return true;
    }
    if (edge.object == wanted && has_converse(edge.relation)) {
      result = turned(edge);
      return true;
    }
    return false;
  };
  Edge e;
  if (from(last_, e)) {
    const bool chain =
        e.relation == relation_ && !known(e.object) && e.relation != Relation::kBetween;
    if (chain && (bare_ || choice_.chance(0.4))) {
      const int top = subject_;
      predicate(e, false);
      if (top >= 0) subject_ = -1;  // "A sobre B sobre C y a la izquierda de D": whose left?
      return;
    }
    if (choice_.chance(0.75) || !choice_.free()) {
      if (!choice_.chance(0.2)) out_ += ',';
      verb_and_predicate(e, grammar_.which_is, grammar_.which_are);
      subject_ = -1;
      return;
    }
  }
  if (from(subject_, e) && (choice_.chance(0.8) || !choice_.free())) {
    const int subject = subject_;
    append_and(out_, grammar_, preposition(e));
    predicate(e, false);
    subject_ = subject;
    last_ = -1;  // "A sobre B y a la izquierda de C, que ..." would be hard to read
    return;
  }
  e = edge;
  if (!known(e.subject) && known(e.object) && has_converse(e.relation) && !choice_.chance(0.4))
    e = turned(edge);
  out_ += choice_.chance(0.4) ? "." : choice_.chance(0.3) ? "," : ";";
  if (out_.back() == ',') put(grammar_.and_word);
  finite_ = further_ = true;
  relation_ = e.relation;
  if (!known(e.subject) && choice_.chance(0.4)) {
    put(preposition(e));
    ends(e);
    put(choice_.early(count_of(e.subject) > 1 ? grammar_.existence_plural : grammar_.existence));
    mention(e.subject);
    last_ = e.subject;
    subject_ = -1;
    return;
  }
  mention(e.subject);
  verb_and_predicate(e, grammar_.is, grammar_.are);
}

void Writer::write_separator(const Start& previous, const Start& next, bool next_is_last_item) {
  const bool items = previous.form == Form::kItem && next.form == Form::kItem;
  if (items) {
    if (plan_.components == 2 && next_is_last_item && !bare_ && choice_.chance(0.08)) {
      put(choice_.early(grammar_.beside));
    } else if ((bare_ ? choice_.chance(0.6) : commas_) || (!next_is_last_item && !many_ands_)) {
      out_ += ',';
    } else {
      const bool serial =
          grammar_.language == Language::kEnglish && mentioned_.size() > 1 && !many_ands_;
      if (serial && choice_.chance(0.45)) out_ += ',';
      append_and(out_, grammar_, {});
    }
    return;
  }
  // Beside a relation a bare "y" would be ambiguous: "encima de un cubo y una esfera".
  const Texts& also = count_of(next.node) > 1 ? grammar_.also_plural : grammar_.also;
  if (finite_ || (!bare_ && choice_.chance(0.3))) {
    out_ += choice_.chance(0.35) ? ';' : '.';
    put(choice_.early(also));
    finite_ = true;
    return;
  }
  if (bare_ || choice_.chance(0.15)) {
    out_ += ',';
  } else if (choice_.chance(0.25)) {
    out_ += ';';
  } else if (choice_.chance(0.2)) {
    out_ += ',';
    put(choice_.early(grammar_.besides));
  } else {
    out_ += ',';
    append_and(out_, grammar_, {});
  }
}

void Writer::write_one_and_other() {
  const Noun& noun = noun_of(grammar_, spec_of(0), nouns_[0]);
  const auto colour = [&](int node) {
    return choice_.early(grammar_.colours[static_cast<size_t>(*spec_of(node).colour)])
        .form({noun.feminine, false});
  };
  put(grammar_.numbers[2]);
  put(noun.plural);
  out_ += ',';
  const int first = choice_.even(2);
  put(grammar_.one_and_other[noun.feminine ? 1 : 0]);
  put(colour(first));
  note_mention(first);
  put(grammar_.and_word);
  if (grammar_.language == Language::kEnglish && choice_.chance(0.6)) {
    put(grammar_.one_and_other[0]);
  } else if (grammar_.language == Language::kEnglish) {
    put("the other");
  } else {
    put(grammar_.one_and_other[2 + (noun.feminine ? 1 : 0)]);
  }
  put(colour(1 - first));
  note_mention(1 - first);
}

}  // namespace lienzo::datasets::world
