#pragma once

#include <array>
#include <string>
#include <vector>

#include "lienzo/datasets/world/captions_noun_phrase.h"
#include "lienzo/datasets/world/captions_plan.h"

namespace lienzo::datasets::world {

/// Writes the body of one caption: everything but opening, background and final punctuation. The
/// components of the plan follow one another; each starts with one clause and hangs its other
/// relations on it.
class Writer {
 public:
  Writer(const SceneSpec& spec, const Grammar& grammar, Choice& choice);

  const Plan& plan() const { return plan_; }
  const Grammar& grammar() const { return grammar_; }
  /// Telegraphic captions have no articles: "cubo rojo sobre cubo azul".
  void set_bare(bool bare) { bare_ = bare; }
  /// "el cubo rojo sobre el cubo azul": as if what is to be drawn were known. Only where everything
  /// is one of a kind.
  void set_definite(bool definite) { definite_ = definite; }
  bool may_be_definite() const;
  /// Decides how the first clause goes; `finite` allows "A está encima de B" beside "A encima de
  /// B".
  void begin(bool finite);
  /// Whether the first thing named is more than one; after begin().
  bool starts_plural() const;
  /// Whether the first clause is a sentence by itself; after begin().
  bool starts_finite() const;
  /// Appends the body to `out`; once.
  void write(std::string& out);
  /// Object indices in the order of their first mention; after write().
  const std::vector<int>& mention_order() const { return order_; }

 private:
  enum class Form {
    kItem,
    kOneAndOther,
    kPlain,
    kConverse,
    kAdverb,
    kContains,
    kSides,
    kSidesFirst,
    kFinite,
    kThereIs
  };
  struct Start {
    Form form = Form::kItem;
    int node = 0;  // named first
    Edge edge;     // already turned the way it is said
  };

  Start choose_start(int component, bool finite);
  bool whole_is_one_pair() const;
  bool one_and_other_fits() const;
  Edge turned(const Edge& edge) const;

  void write_component(const Start& start);
  void write_start(const Start& start);
  void write_rest(int component);
  void write_further(const Edge& edge);
  void write_separator(const Start& previous, const Start& next, bool next_is_last_item);
  void write_one_and_other();

  void put(std::string_view words);
  void mention(int node);
  void mention_after_and(int node);
  void mention_anaphor(int node, int after);
  void note_mention(int node);
  void predicate(const Edge& edge, bool allow_placement = true);
  void verb_and_predicate(const Edge& edge, const Texts& singular, const Texts& plural);
  void ends(const Edge& edge);
  std::string_view preposition(const Edge& edge);
  NounPhrase definite(int node);
  const ObjectSpec& spec_of(int node) const {
    return spec_.objects[plan_.nodes[node].members.front()];
  }
  int count_of(int node) const { return plan_.nodes[node].count(); }
  Agreement agreement(int node) const;

  const SceneSpec& spec_;
  const Grammar& grammar_;
  Choice& choice_;
  Plan plan_;
  bool bare_ = false;
  bool definite_ = false;
  bool commas_ = false;         // "A, B, C" rather than "A, B y C"
  bool many_ands_ = false;      // "A y B y C"
  std::vector<int> nouns_;      // per node
  std::vector<int> mentioned_;  // nodes in order of mention
  std::vector<bool> said_;      // per edge
  std::vector<int> order_;
  std::vector<int> components_;
  Start first_;
  std::string out_;
  // What the next words can attach to; -1 where attaching would be ambiguous.
  int subject_ = -1;  // of the clause just written
  int last_ = -1;     // node named last
  Relation relation_ = Relation::kOnTopOf;
  bool further_ = false;  // in a sentence that goes on about what has been named
  bool finite_ = false;   // the text so far ends in a sentence with a verb
};

}  // namespace lienzo::datasets::world
