#include "lienzo/text/clip_vocabulary.h"

#include <zlib.h>

#include <algorithm>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/text/byte_level.h"
#include "lienzo/text/tokenizer_json.h"

namespace lienzo::text {

namespace {

using Merges = std::vector<std::pair<std::string, std::string>>;

constexpr const char* kClipWordEnd = "</w>";
constexpr size_t kOpenaiMerges = 49152 - 256 - 2;
constexpr size_t kLargestMerges = size_t{32} << 20;  // bytes of text; OpenAI's has 3.1 million

[[noreturn]] void corrupt_vocabulary(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::kCorrupt, "[" + where + "] " + what);
}

/// The text of a gzip file.
std::string decompress(const std::string& bytes, const std::string& where) {
  z_stream stream{};
  constexpr int kGzip = 16;  // added to the window size: expect gzip's header
  if (inflateInit2(&stream, MAX_WBITS + kGzip) != Z_OK)
    throw Error(ErrorKind::kOutOfMemory, "[" + where + "] not enough memory to decompress");
  // zlib does not write to its input; its interface only cannot say so.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  std::vector<char> buffer(size_t{1} << 16);
  int status = Z_OK;
  while (status == Z_OK && text.size() <= kLargestMerges) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    status = inflate(&stream, Z_NO_FLUSH);
    text.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (text.size() > kLargestMerges)
    corrupt_vocabulary(where, "decompresses to more than 32 MiB; not CLIP's vocabulary");
  if (status != Z_STREAM_END)
    corrupt_vocabulary(where, "is a damaged gzip file; it may be an unfinished download");
  return text;
}

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

/// Lines "left right" behind an optional title, at most `most`; the last line may be empty.
Merges parse_merges(std::string_view text, bool title, size_t most, const std::string& where) {
  Merges merges;
  size_t number = 0;
  while (!text.empty() && merges.size() < most) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number;
    if (number == 1 && title) continue;
    if (line.empty() && text.empty()) break;
    const size_t space = line.find(' ');
    if (space == std::string_view::npos || space == 0 || space + 1 == line.size() ||
        line.find(' ', space + 1) != std::string_view::npos) {
      corrupt_vocabulary(where,
                         "line " + std::to_string(number) +
                             " is not a merge, expected two tokens with one space between them");
    }
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  return merges;
}

}  // namespace

BpeDefinition clip_definition(std::vector<std::string> vocab,
                              Merges merges,
                              const std::string& where) {
  BpeDefinition definition;
  for (const std::string_view content : {kClipStart, kClipEnd}) {
    const auto found = std::find(vocab.begin(), vocab.end(), content);
    if (found == vocab.end())
      corrupt_vocabulary(where,
                         "has no token '" + std::string(content) + "'; is this CLIP's vocabulary?");
    definition.added_tokens.push_back(
        {static_cast<int>(found - vocab.begin()), std::string(content)});
  }
  definition.frame = TextFrame{definition.added_tokens[0].id, definition.added_tokens[1].id};
  definition.vocab = std::move(vocab);
  definition.merges = std::move(merges);
  definition.normalizer = {
      NormalizerStep::kNfc, NormalizerStep::kCollapseBlanks, NormalizerStep::kLowercase};
  definition.split = SplitPattern::kClip;
  definition.end_of_word = kClipWordEnd;
  return definition;
}

std::vector<std::string> clip_vocab(const Merges& merges) {
  std::vector<char32_t> characters(byte_characters().begin(), byte_characters().end());
  std::sort(characters.begin(), characters.end());  // those that stand for themselves are lowest
  std::vector<std::string> vocab;
  for (const std::string suffix : {"", kClipWordEnd}) {
    for (const char32_t c : characters) {
      const auto byte = std::find(byte_characters().begin(), byte_characters().end(), c);
      vocab.push_back(byte_strings()[byte - byte_characters().begin()] + suffix);
    }
  }
  for (const auto& [left, right] : merges) vocab.push_back(left + right);
  vocab.emplace_back(kClipStart);
  vocab.emplace_back(kClipEnd);
  return vocab;
}

BpeDefinition read_clip_files(const std::filesystem::path& vocab_json,
                              const std::filesystem::path& merges_txt) {
  std::vector<std::string> vocab = vocab_from_text(read_text_file(vocab_json), vocab_json.string());
  const std::string text = read_text_file(merges_txt);
  Merges merges =
      parse_merges(text, text.starts_with("#version"), text.size(), merges_txt.string());
  return clip_definition(std::move(vocab), std::move(merges), vocab_json.string());
}

BpeDefinition read_openai_merges(const std::filesystem::path& path) {
  const std::string where = path.string();
  std::string text = read_text_file(path);
  if (is_gzip(text)) text = decompress(text, where);
  Merges merges = parse_merges(text, /*title=*/true, kOpenaiMerges, where);
  if (merges.size() < kOpenaiMerges) {
    corrupt_vocabulary(where,
                       "has " + std::to_string(merges.size()) + " merges, expected at least " +
                           std::to_string(kOpenaiMerges) + "; it may be an unfinished download");
  }
  std::vector<std::string> vocab = clip_vocab(merges);
  return clip_definition(std::move(vocab), std::move(merges), where);
}

}  // namespace lienzo::text
