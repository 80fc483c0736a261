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

constexpr const char* kClipPattern =
    R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";
constexpr const char* kClipBefore5Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";
constexpr const char* kBlanksPattern = R"(\s+)";

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
    throw Error(ErrorKind::kCorrupt, message(what, key) + "; is this a Hugging Face tokenizer?");
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

  /// The elements of the list under `key`, each with its own fields.
  std::vector<Fields> children(const std::string& key) {
    const SortedJson& list = require(key);
    if (!list.is_array()) corrupt("is " + std::string(list.type_name()) + ", expected a list", key);
    std::vector<Fields> fields;
    for (size_t i = 0; i < list.size(); ++i)
      fields.emplace_back(list[i], join(key) + "[" + std::to_string(i) + "]", where_);
    return fields;
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
  if (!model.get("end_of_word_suffix").is_null())
    definition.end_of_word = model.string("end_of_word_suffix");
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

void read_added_tokens(Fields& top, BpeDefinition& definition) {
  if (top.get("added_tokens").is_null()) return;
  for (Fields& fields : top.children("added_tokens")) {
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

void read_normalizer(Fields normalizer, BpeDefinition& definition, bool nested = false) {
  const std::string type = normalizer.string("type");
  if (type == "NFC") {
    definition.normalizer.push_back(NormalizerStep::kNfc);
  } else if (type == "Lowercase") {
    definition.normalizer.push_back(NormalizerStep::kLowercase);
  } else if (type == "Replace") {
    Fields pattern = normalizer.child("pattern");
    const std::string regex = pattern.string("Regex");
    if (regex != kBlanksPattern)
      pattern.unsupported("is \"" + regex + "\", expected \"" + kBlanksPattern + "\"", "Regex");
    pattern.finish();
    const std::string content = normalizer.string("content");
    if (content != " ") normalizer.unsupported("is \"" + content + "\", expected \" \"", "content");
    definition.normalizer.push_back(NormalizerStep::kCollapseBlanks);
  } else if (type == "Sequence" && !nested) {
    for (const Fields& step : normalizer.children("normalizers"))
      read_normalizer(step, definition, /*nested=*/true);
  } else {
    normalizer.unsupported(
        "is \"" + type + "\", expected NFC, Lowercase, Replace or one Sequence of them", "type");
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

/// Reads CLIP's {"type": "Split", ...}.
SplitPattern read_clip_split(Fields split) {
  const std::string type = split.string("type");
  if (type != "Split") split.unsupported("is \"" + type + "\", expected \"Split\"", "type");
  Fields pattern = split.child("pattern");
  const std::string regex = pattern.string("Regex");
  if (regex != kClipPattern && regex != kClipBefore5Pattern)
    pattern.unsupported("is not the pattern of CLIP", "Regex");
  pattern.finish();
  const std::string behavior = split.string("behavior");
  if (behavior != "Removed")
    split.unsupported("is \"" + behavior + "\", expected \"Removed\"", "behavior");
  if (!split.boolean("invert", false)) split.unsupported("is false, expected true", "invert");
  split.finish();
  return regex == kClipPattern ? SplitPattern::kClip : SplitPattern::kClipBefore5;
}

void read_pre_tokenizer(Fields fields, BpeDefinition& definition) {
  if (fields.string("type") != "Sequence") {
    definition.add_prefix_space = read_byte_level(fields);
    return;
  }
  const std::vector<Fields> steps = fields.children("pretokenizers");
  if (steps.size() != 2)
    fields.unsupported("has " + std::to_string(steps.size()) + " steps, expected Split, ByteLevel",
                       "pretokenizers");
  definition.split = read_clip_split(steps[0]);
  if (read_byte_level(steps[1]))
    fields.unsupported("has add_prefix_space, expected none behind Split", "pretokenizers");
  fields.finish();
}

/// A token and its id, ["</s>", 2].
int read_frame_token(Fields& fields, const std::string& key) {
  const SortedJson& pair = fields.require(key);
  if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string())
    fields.corrupt("is not a token and its id", key);
  return static_cast<int>(fields.integer(pair[1], key));
}

void read_post_processor(Fields fields, BpeDefinition& definition) {
  if (fields.string("type") != "RobertaProcessing") {
    read_byte_level(fields);
    return;
  }
  definition.frame = TextFrame{read_frame_token(fields, "cls"), read_frame_token(fields, "sep")};
  fields.boolean("trim_offsets", true);
  fields.boolean("add_prefix_space", true);
  fields.finish();
}

Json byte_level_json(bool add_prefix_space) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", add_prefix_space},
          {"trim_offsets", true},
          {"use_regex", true}};
}

Json pre_tokenizer_json(const BpeDefinition& definition) {
  if (definition.split == SplitPattern::kGpt2) return byte_level_json(definition.add_prefix_space);
  const char* pattern =
      definition.split == SplitPattern::kClip ? kClipPattern : kClipBefore5Pattern;
  const Json split = {{"type", "Split"},
                      {"pattern", {{"Regex", pattern}}},
                      {"behavior", "Removed"},
                      {"invert", true}};
  return {{"type", "Sequence"},
          {"pretokenizers", Json::array({split, byte_level_json(/*add_prefix_space=*/false)})}};
}

/// The token of an id that the vocabulary or the added tokens have.
const std::string& content(const BpeDefinition& definition, int id) {
  for (const AddedToken& token : definition.added_tokens) {
    if (token.id == id) return token.content;
  }
  return definition.vocab.at(id);
}

Json post_processor_json(const BpeDefinition& definition) {
  if (!definition.frame) return nullptr;
  const auto [first, last] = *definition.frame;
  return {{"type", "RobertaProcessing"},
          {"sep", Json::array({content(definition, last), last})},
          {"cls", Json::array({content(definition, first), first})},
          {"trim_offsets", false},
          {"add_prefix_space", false}};
}

Json normalizer_step_json(NormalizerStep step) {
  switch (step) {
    case NormalizerStep::kNfc: return {{"type", "NFC"}};
    case NormalizerStep::kLowercase: return {{"type", "Lowercase"}};
    case NormalizerStep::kCollapseBlanks: break;
  }
  return {{"type", "Replace"}, {"pattern", {{"Regex", kBlanksPattern}}}, {"content", " "}};
}

Json normalizer_json(const std::vector<NormalizerStep>& steps) {
  std::vector<Json> parts;
  parts.reserve(steps.size());
  for (const NormalizerStep step : steps) parts.push_back(normalizer_step_json(step));
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
  read_model(top.child("model"), definition);
  read_added_tokens(top, definition);
  if (!top.get("normalizer").is_null()) read_normalizer(top.child("normalizer"), definition);
  for (const char* key : {"pre_tokenizer", "decoder"}) {
    if (top.require(key).is_null()) top.unsupported("is null, expected ByteLevel", key);
  }
  read_pre_tokenizer(top.child("pre_tokenizer"), definition);
  read_byte_level(top.child("decoder"));
  if (!top.get("post_processor").is_null())
    read_post_processor(top.child("post_processor"), definition);
  for (const char* key : {"truncation", "padding"}) {
    if (definition.split == SplitPattern::kGpt2) top.refuse(key, {});
    top.get(key);
  }
  top.finish();
  return definition;
}

std::vector<std::string> vocab_from_text(std::string_view text, const std::string& where) {
  const SortedJson json = {{"vocab", parse(text, where)}};
  Fields fields(json, "", where);
  return read_vocab(fields);
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
          {"pre_tokenizer", pre_tokenizer_json(definition)},
          {"post_processor", post_processor_json(definition)},
          {"decoder", byte_level_json(true)},
          {"model",
           {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", nullptr},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix",
             definition.end_of_word.empty() ? Json(nullptr) : Json(definition.end_of_word)},
            {"fuse_unk", false},
            {"byte_fallback", false},
            {"ignore_merges", definition.ignore_merges},
            {"vocab", std::move(vocab)},
            {"merges", std::move(merges)}}}};
}

}  // namespace lienzo::text
