#include "lienzo/text/tokenizer_json.h"

#include <cstdint>
#include <unordered_set>
#include <utility>

#include "lienzo/base/error.h"

namespace lienzo::text {

namespace {

// Sorted objects: finding a key in the ordered type is linear, which makes reading a large
// vocabulary quadratic.
using SortedJson = nlohmann::json;

constexpr int kDeepest =
    16;  // tokenizer.json needs 4; deeper values would exhaust the stack when copied

/// The fields of one JSON object. Every field must be asked for: what is left at finish() is
/// unsupported.
class Fields {
 public:
  Fields(const SortedJson& object, std::string path, std::string where)
      : object_(object), path_(std::move(path)), where_(std::move(where)) {
    if (!object.is_object())
      corrupt("is " + std::string(object.type_name()) + ", expected an object");
  }

  [[noreturn]] void corrupt(const std::string& what, const std::string& key = "") const {
    throw Error(ErrorKind::kCorrupt,
                message(what, key) + "; is this a Hugging Face tokenizer.json?");
  }

  [[noreturn]] void unsupported(const std::string& what, const std::string& key = "") const {
    throw Error(ErrorKind::kUnsupported,
                message(what, key) + "; only byte-level BPE tokenizers can be used");
  }

  /// Null when the key is missing.
  const SortedJson& get(const std::string& key) {
    static const SortedJson null;
    seen_.insert(key);
    const auto found = object_.find(key);
    return found == object_.end() ? null : *found;
  }

  const SortedJson& require(const std::string& key) {
    if (!object_.contains(key)) corrupt("is missing", key);
    return get(key);
  }

  Fields child(const std::string& key) { return Fields(require(key), join(key), where_); }

  std::string string(const std::string& key) {
    const SortedJson& value = require(key);
    if (!value.is_string()) corrupt("is " + value.dump() + ", expected a string", key);
    return value.get<std::string>();
  }

  bool boolean(const std::string& key, bool fallback) {
    const SortedJson& value = get(key);
    if (value.is_null()) return fallback;
    if (!value.is_boolean()) corrupt("is " + value.dump() + ", expected true or false", key);
    return value.get<bool>();
  }

  int64_t integer(const std::string& key) { return integer(require(key), key); }

  int64_t integer(const SortedJson& value, const std::string& key) const {
    constexpr int64_t kLargest = 1 << 30;
    if (!value.is_number_integer() || value < 0 || value > kLargest) {
      corrupt("is " + value.dump() + ", expected an id of 0 or more", key);
    }
    return value.get<int64_t>();
  }

  /// The field must be missing, null or one of `harmless`.
  void refuse(const std::string& key, std::initializer_list<SortedJson> harmless) {
    const SortedJson& value = get(key);
    if (value.is_null()) return;
    for (const SortedJson& allowed : harmless) {
      if (value == allowed) return;
    }
    unsupported("is " + shortened(value.dump()) + ", which is not implemented", key);
  }

  void finish() const {
    for (const auto& [key, value] : object_.items()) {
      if (!seen_.contains(key)) unsupported("is a field this version does not know", key);
    }
  }

 private:
  static std::string shortened(std::string text) {
    constexpr size_t kShown = 80;
    if (text.size() > kShown) text = text.substr(0, kShown) + "...";
    return text;
  }

  std::string join(const std::string& key) const {
    if (key.empty()) return path_;
    return path_.empty() ? key : path_ + "." + key;
  }

  std::string message(const std::string& what, const std::string& key) const {
    const std::string field = join(key);
    return "[" + where_ + "] " + (field.empty() ? "the file" : field) + " " + what;
  }

  const SortedJson& object_;
  std::string path_;
  std::string where_;
  std::unordered_set<std::string> seen_;
};

/// Parses, refusing deep nesting and repeated keys, of which a plain parser would silently keep the
/// last.
SortedJson parse(std::string_view text, const std::string& where) {
  std::vector<std::unordered_set<std::string>> keys;
  const auto watch = [&](int depth, SortedJson::parse_event_t event, SortedJson& value) {
    if (depth > kDeepest) {
      throw Error(ErrorKind::kCorrupt,
                  "[" + where + "] nested deeper than " + std::to_string(kDeepest) +
                      " levels; not a tokenizer.json");
    }
    if (event == SortedJson::parse_event_t::object_start) {
      keys.emplace_back();
    } else if (event == SortedJson::parse_event_t::object_end) {
      keys.pop_back();
    } else if (event == SortedJson::parse_event_t::key &&
               !keys.back().insert(value.get<std::string>()).second) {
      throw Error(ErrorKind::kCorrupt,
                  "[" + where + "] key '" + value.get<std::string>() + "' is there twice");
    }
    return true;
  };
  try {
    return SortedJson::parse(text, watch);
  } catch (const SortedJson::exception& error) {
    throw Error(ErrorKind::kCorrupt, "[" + where + "] is not JSON: " + error.what());
  }
}

std::vector<std::string> read_vocab(Fields& model) {
  const SortedJson& vocab = model.require("vocab");
  if (!vocab.is_object())
    model.corrupt("is " + std::string(vocab.type_name()) + ", expected an object", "vocab");
  std::vector<std::string> tokens(vocab.size());
  std::vector<bool> taken(vocab.size(), false);
  for (const auto& [token, value] : vocab.items()) {
    const int64_t id = model.integer(value, "vocab['" + token + "']");
    if (id >= static_cast<int64_t>(tokens.size())) {
      model.corrupt("gives '" + token + "' the id " + std::to_string(id) +
                        ", expected the ids 0 to " + std::to_string(tokens.size() - 1) +
                        ", each once",
                    "vocab");
    }
    if (taken[id]) {
      model.corrupt(
          "gives the id " + std::to_string(id) + " to '" + tokens[id] + "' and '" + token + "'",
          "vocab");
    }
    taken[id] = true;
    tokens[id] = token;
  }
  return tokens;
}

/// Pairs ["a", "b"], or since no token holds a space, also "a b" as in files of before 2024.
std::pair<std::string, std::string> read_merge(const SortedJson& merge,
                                               const Fields& model,
                                               size_t rank) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    return {merge[0].get<std::string>(), merge[1].get<std::string>()};
  }
  if (merge.is_string()) {
    const auto& text = merge.get_ref<const std::string&>();
    const size_t space = text.find(' ');
    if (space != std::string::npos && text.find(' ', space + 1) == std::string::npos) {
      return {text.substr(0, space), text.substr(space + 1)};
    }
  }
  model.corrupt("is not a pair of tokens", "merges[" + std::to_string(rank) + "]");
}

void read_model(Fields model, BpeDefinition& definition) {
  const SortedJson& type = model.get("type");
  if (type != "BPE" && !type.is_null())
    model.unsupported("is " + type.dump() + ", expected \"BPE\"", "type");
  model.refuse("dropout", {0.0});
  model.refuse("continuing_subword_prefix", {""});
  model.refuse("end_of_word_suffix", {""});
  model.refuse("byte_fallback", {false});
  model.boolean("fuse_unk", false);
  const SortedJson& unknown = model.get("unk_token");
  if (!unknown.is_null() && !unknown.is_string())
    model.corrupt("is neither null nor a string", "unk_token");
  definition.ignore_merges = model.boolean("ignore_merges", false);
  definition.vocab = read_vocab(model);
  const SortedJson& merges = model.require("merges");
  if (!merges.is_array())
    model.corrupt("is " + std::string(merges.type_name()) + ", expected a list", "merges");
  definition.merges.reserve(merges.size());
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    definition.merges.push_back(read_merge(merges[rank], model, rank));
  }
  model.finish();
}

void read_added_tokens(Fields& top, const std::string& where, BpeDefinition& definition) {
  const SortedJson& tokens = top.get("added_tokens");
  if (tokens.is_null()) return;
  if (!tokens.is_array())
    top.corrupt("is " + std::string(tokens.type_name()) + ", expected a list", "added_tokens");
  for (size_t i = 0; i < tokens.size(); ++i) {
    Fields fields(tokens[i], "added_tokens[" + std::to_string(i) + "]", where);
    AddedToken token;
    token.id = static_cast<int>(fields.integer("id"));
    token.content = fields.string("content");
    token.special = fields.boolean("special", false);
    token.normalized = fields.boolean("normalized", !token.special);
    for (const char* flag : {"single_word", "lstrip", "rstrip"}) fields.refuse(flag, {false});
    fields.finish();
    definition.added_tokens.push_back(std::move(token));
  }
}

void read_normalizer(Fields normalizer,
                     const std::string& where,
                     BpeDefinition& definition,
                     bool nested = false) {
  const std::string type = normalizer.string("type");
  if (type == "NFC") {
    definition.normalizer.push_back(NormalizerStep::kNfc);
  } else if (type == "Lowercase") {
    definition.normalizer.push_back(NormalizerStep::kLowercase);
  } else if (type == "Sequence" && !nested) {
    const SortedJson& steps = normalizer.require("normalizers");
    if (!steps.is_array()) normalizer.corrupt("is not a list", "normalizers");
    for (size_t i = 0; i < steps.size(); ++i) {
      read_normalizer(Fields(steps[i], "normalizer.normalizers[" + std::to_string(i) + "]", where),
                      where,
                      definition,
                      /*nested=*/true);
    }
  } else {
    normalizer.unsupported("is \"" + type + "\", expected NFC, Lowercase or one Sequence of them",
                           "type");
  }
  normalizer.finish();
}

/// Reads {"type": "ByteLevel", ...} and returns its add_prefix_space.
bool read_byte_level(Fields fields) {
  const std::string type = fields.string("type");
  if (type != "ByteLevel")
    fields.unsupported("is \"" + type + "\", expected \"ByteLevel\"", "type");
  const bool add_prefix_space = fields.boolean("add_prefix_space", true);
  fields.boolean("trim_offsets", true);
  fields.refuse("use_regex", {true});
  fields.finish();
  return add_prefix_space;
}

Json byte_level_json(bool add_prefix_space) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", add_prefix_space},
          {"trim_offsets", true},
          {"use_regex", true}};
}

Json normalizer_json(const std::vector<NormalizerStep>& steps) {
  std::vector<Json> parts;
  parts.reserve(steps.size());
  for (const NormalizerStep step : steps)
    parts.push_back({{"type", step == NormalizerStep::kNfc ? "NFC" : "Lowercase"}});
  if (parts.empty()) return nullptr;
  if (parts.size() == 1) return parts.front();
  return {{"type", "Sequence"}, {"normalizers", parts}};
}

}  // namespace

BpeDefinition definition_from_text(std::string_view text, const std::string& where) {
  const SortedJson json = parse(text, where);
  BpeDefinition definition;
  Fields top(json, "", where);
  top.refuse("version", {"1.0"});
  top.refuse("truncation", {});
  top.refuse("padding", {});
  read_model(top.child("model"), definition);
  read_added_tokens(top, where, definition);
  if (!top.get("normalizer").is_null()) read_normalizer(top.child("normalizer"), where, definition);
  for (const char* key : {"pre_tokenizer", "decoder"}) {
    if (top.require(key).is_null()) top.unsupported("is null, expected ByteLevel", key);
  }
  definition.add_prefix_space = read_byte_level(top.child("pre_tokenizer"));
  read_byte_level(top.child("decoder"));
  if (!top.get("post_processor").is_null()) read_byte_level(top.child("post_processor"));
  top.finish();
  return definition;
}

Json definition_to_json(const BpeDefinition& definition) {
  Json added = Json::array();
  for (const AddedToken& token : definition.added_tokens) {
    added.push_back({{"id", token.id},
                     {"content", token.content},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", token.normalized},
                     {"special", token.special}});
  }
  // Appended to the underlying list: assigning by key would search all earlier tokens each time.
  Json::object_t vocab;
  vocab.reserve(definition.vocab.size());
  for (size_t id = 0; id < definition.vocab.size(); ++id) {
    static_cast<std::vector<Json::object_t::value_type>&>(vocab).emplace_back(definition.vocab[id],
                                                                              id);
  }
  Json merges = Json::array();
  for (const auto& [left, right] : definition.merges) merges.push_back(Json::array({left, right}));
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", std::move(added)},
          {"normalizer", normalizer_json(definition.normalizer)},
          {"pre_tokenizer", byte_level_json(definition.add_prefix_space)},
          {"post_processor", nullptr},
          {"decoder", byte_level_json(true)},
          {"model",
           {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", nullptr},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix", nullptr},
            {"fuse_unk", false},
            {"byte_fallback", false},
            {"ignore_merges", definition.ignore_merges},
            {"vocab", std::move(vocab)},
            {"merges", std::move(merges)}}}};
}

}  // namespace lienzo::text
