#include "lienzo/text/clip_tokenizer.h"

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/text/clip_vocabulary.h"
#include "lienzo/text/tokenizer_json.h"

namespace lienzo::text {

namespace {

constexpr std::string_view kEndOfWord = "</w>";

BpeDefinition read_tokenizer_json(const std::filesystem::path& path) {
  return definition_from_text(read_text_file(path), path.string());
}

/// The pad_token of a folder's tokenizer_config.json: a string, or an object with `content`.
std::optional<std::string> read_pad_token(const std::filesystem::path& path) {
  const Json config = parse_json(read_text_file(path), path.string());
  const auto corrupt = [&](const std::string& what) {
    throw Error(ErrorKind::kCorrupt, "[" + path.string() + "] " + what);
  };
  if (!config.is_object()) corrupt("is not an object");
  const auto found = config.find("pad_token");
  if (found == config.end() || found->is_null()) return std::nullopt;
  const bool nested = found->is_object() && found->contains("content");
  const Json& token = nested ? found->at("content") : *found;
  if (!token.is_string()) corrupt("pad_token is neither a string nor an object with content");
  return token.get<std::string>();
}

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;  // what cannot be looked at is not there for us
  return std::filesystem::exists(path, ignored);
}

ClipTokenizer load_folder(const std::filesystem::path& folder) {
  const std::filesystem::path vocab = folder / "vocab.json";
  const std::filesystem::path merges = folder / "merges.txt";
  const std::filesystem::path json = folder / "tokenizer.json";
  const std::filesystem::path config = folder / "tokenizer_config.json";
  const bool has_files = is_there(vocab) && is_there(merges);
  if (!has_files && !is_there(json)) {
    throw Error(ErrorKind::kNotFound,
                "[" + folder.string() +
                    "] no tokenizer here, expected vocab.json and merges.txt, or tokenizer.json");
  }
  std::optional<std::string> pad_token;
  if (is_there(config)) pad_token = read_pad_token(config);
  return ClipTokenizer(has_files ? read_clip_files(vocab, merges) : read_tokenizer_json(json),
                       pad_token.value_or(std::string(kClipEnd)),
                       folder.string());
}

[[noreturn]] void fail(ErrorKind kind, const std::string& where, const std::string& what) {
  throw Error(kind, "[" + where + "] " + what);
}

/// The definition of a tokenizer of CLIP, `pad_token` among its special tokens.
BpeDefinition prepared(BpeDefinition definition,
                       const std::string& pad_token,
                       const std::string& where) {
  if (definition.split == SplitPattern::kGpt2 || definition.end_of_word != kEndOfWord) {
    fail(ErrorKind::kUnsupported,
         where,
         "is not a tokenizer of CLIP, expected its pattern and words that end in </w>");
  }
  for (const AddedToken& added : definition.added_tokens) {
    if (added.content == pad_token) return definition;
  }
  const auto found = std::find(definition.vocab.begin(), definition.vocab.end(), pad_token);
  if (found == definition.vocab.end())
    fail(ErrorKind::kCorrupt, where, "pad_token '" + pad_token + "' is not in the vocabulary");
  definition.added_tokens.push_back(
      {static_cast<int>(found - definition.vocab.begin()), pad_token});
  return definition;
}

std::string trimmed(const std::string& text) {
  constexpr const char* kBlanks = " \x1c\x1d\x1e\x1f";  // the blanks that tokens may hold
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace

ClipTokenizer ClipTokenizer::load(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return load_folder(path);
  const std::string where = path.string();
  BpeDefinition definition =
      path.extension() == ".json" ? read_tokenizer_json(path) : read_openai_merges(path);
  return ClipTokenizer(std::move(definition), std::string(kClipEnd), where);
}

ClipTokenizer::ClipTokenizer(BpeDefinition definition,
                             const std::string& pad_token,
                             const std::string& where)
    : bpe_(prepared(std::move(definition), pad_token, where), where) {
  const auto id = [&](std::string_view token) {
    const std::optional<int> found = bpe_.token_id(token);
    if (!found) fail(ErrorKind::kCorrupt, where, "has no token '" + std::string(token) + "'");
    return *found;
  };
  const std::optional<TextFrame>& frame = bpe_.definition().frame;
  start_ = frame ? frame->first : id(kClipStart);
  end_ = frame ? frame->last : id(kClipEnd);
  pad_ = id(pad_token);
}

ClipTokenizer ClipTokenizer::with_pad_token(const std::string& pad_token) const {
  BpeDefinition definition = bpe_.definition();
  if (pad_ != start_ && pad_ != end_)
    std::erase_if(definition.added_tokens,
                  [&](const AddedToken& token) { return token.id == pad_; });
  return ClipTokenizer(std::move(definition), pad_token);
}

ClipEncoding ClipTokenizer::encode(std::string_view text,
                                   int length,
                                   std::optional<int> pad) const {
  const auto check = [](bool good, const std::string& what) {
    if (!good) fail(ErrorKind::kInvalidInput, "text", what);
  };
  check(length >= 2, "length " + std::to_string(length) + ", expected at least 2");
  const int filler = pad.value_or(pad_);
  check(filler >= 0 && filler < vocab_size(),
        "pad id " + std::to_string(filler) + ", expected 0 to " + std::to_string(vocab_size() - 1));
  ClipEncoding encoding;
  encoding.ids = tokenize(text);
  const auto room = static_cast<size_t>(length - 2);
  if (encoding.ids.size() > room) {
    encoding.cut.assign(encoding.ids.begin() + length - 2, encoding.ids.end());
    encoding.ids.resize(room);
  }
  encoding.ids.insert(encoding.ids.begin(), start_);
  encoding.ids.push_back(end_);
  encoding.attention.assign(encoding.ids.size(), 1);
  encoding.ids.resize(length, filler);
  encoding.attention.resize(length, 0);
  return encoding;
}

std::string ClipTokenizer::decode(std::span<const int> ids, bool skip_special_tokens) const {
  std::string text = bpe_.decode(ids, skip_special_tokens);
  for (size_t at = text.find(kEndOfWord); at != std::string::npos; at = text.find(kEndOfWord, at))
    text.replace(at, kEndOfWord.size(), " ");
  return trimmed(text);
}

}  // namespace lienzo::text
