// Files that are not what they claim: each must end in one clear message, never in a crash or in
// other ids.

#include "lienzo/text/tokenizer_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "lienzo/base/error.h"
#include "lienzo/text/bpe_tokenizer.h"
#include "text_golden.h"

namespace lienzo::text {
namespace {

using testing::HasSubstr;

/// The error that loading `text` gives; fails the test when it loads.
Error load_error(const std::string& text) {
  try {
    BpeTokenizer(definition_from_text(text, "file.json"), "file.json");
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("file.json"));
    return error;
  }
  ADD_FAILURE() << "loaded";
  return Error(ErrorKind::kInternal, "loaded");
}

struct BadFile {
  const char* name;
  std::function<void(Json&)> spoil;
  ErrorKind kind;
  const char* message;  // part of it
};

std::ostream& operator<<(std::ostream& out, const BadFile& file) { return out << file.name; }

class SpoiltFile : public testing::TestWithParam<BadFile> {};

TEST_P(SpoiltFile, IsRefusedWithAClearMessage) {
  Json json = golden::read("plain.tokenizer.json");
  GetParam().spoil(json);
  const Error error = load_error(json.dump());
  EXPECT_EQ(error.kind(), GetParam().kind) << error.what();
  EXPECT_THAT(error.what(), HasSubstr(GetParam().message));
}

constexpr ErrorKind kCorrupt = ErrorKind::kCorrupt;
constexpr ErrorKind kUnsupported = ErrorKind::kUnsupported;

INSTANTIATE_TEST_SUITE_P(
    Text,
    SpoiltFile,
    testing::Values(
        BadFile{"no_model", [](Json& j) { j.erase("model"); }, kCorrupt, "model is missing"},
        BadFile{"no_vocab",
                [](Json& j) { j["model"].erase("vocab"); },
                kCorrupt,
                "model.vocab is missing"},
        BadFile{"no_merges",
                [](Json& j) { j["model"].erase("merges"); },
                kCorrupt,
                "model.merges is missing"},
        BadFile{"no_decoder", [](Json& j) { j.erase("decoder"); }, kCorrupt, "decoder is missing"},
        BadFile{"no_added_id",
                [](Json& j) { j["added_tokens"][0].erase("id"); },
                kCorrupt,
                "added_tokens[0].id"},
        BadFile{"model_is_list",
                [](Json& j) { j["model"] = Json::array(); },
                kCorrupt,
                "model is array"},
        BadFile{"vocab_is_list",
                [](Json& j) {
                  j["model"]["vocab"] = {1, 2};
                },
                kCorrupt,
                "model.vocab is array"},
        BadFile{"merges_is_number",
                [](Json& j) { j["model"]["merges"] = 3; },
                kCorrupt,
                "model.merges is number"},
        BadFile{"id_is_text",
                [](Json& j) { j["model"]["vocab"]["a"] = "7"; },
                kCorrupt,
                "model.vocab['a']"},
        BadFile{"id_is_fraction",
                [](Json& j) { j["model"]["vocab"]["a"] = 7.5; },
                kCorrupt,
                "model.vocab['a']"},
        BadFile{"id_is_negative",
                [](Json& j) { j["model"]["vocab"]["a"] = -1; },
                kCorrupt,
                "model.vocab['a']"},
        BadFile{"id_is_huge",
                [](Json& j) { j["model"]["vocab"]["a"] = 1e18; },
                kCorrupt,
                "model.vocab['a']"},
        BadFile{"id_is_enormous",
                [](Json& j) { j["model"]["vocab"]["a"] = UINT64_MAX; },
                kCorrupt,
                "vocab['a']"},
        BadFile{"id_beyond_end",
                [](Json& j) { j["model"]["vocab"]["a"] = 1000; },
                kCorrupt,
                "expected the ids 0 to 505"},
        BadFile{"id_twice",
                [](Json& j) { j["model"]["vocab"]["a"] = 3; },
                kCorrupt,
                "gives the id 3 to"},
        BadFile{"empty_token",
                [](Json& j) { j["model"]["vocab"][""] = 506; },
                kCorrupt,
                "token 506 is empty"},
        BadFile{"byte_missing",
                [](Json& j) {
                  const Json id = j["model"]["vocab"]["Z"];
                  j["model"]["vocab"].erase("Z");
                  j["model"]["vocab"]["zzz"] = id;
                },
                kCorrupt,
                "for byte 90"},
        BadFile{"merge_of_unknown",
                [](Json& j) {
                  j["model"]["merges"][5] = {"a", "漢"};
                },
                kCorrupt,
                "'漢'"},
        BadFile{"merge_to_unknown",
                [](Json& j) {
                  j["model"]["merges"][5] = {"Z", "Z"};
                },
                kCorrupt,
                "'ZZ'"},
        BadFile{"merge_of_three",
                [](Json& j) {
                  j["model"]["merges"][5] = {"a", "b", "c"};
                },
                kCorrupt,
                "merges[5]"},
        BadFile{"merge_of_numbers",
                [](Json& j) {
                  j["model"]["merges"][5] = {1, 2};
                },
                kCorrupt,
                "merges[5]"},
        BadFile{"merge_without_space",
                [](Json& j) { j["model"]["merges"][5] = "ab"; },
                kCorrupt,
                "merges[5]"},
        BadFile{"merge_twice",
                [](Json& j) { j["model"]["merges"][5] = j["model"]["merges"][4]; },
                kCorrupt,
                "twice"},
        BadFile{"added_id_differs",
                [](Json& j) { j["added_tokens"][1]["id"] = 5; },
                kCorrupt,
                "'<start>' has id 5"},
        BadFile{"added_twice",
                [](Json& j) { j["added_tokens"][1] = j["added_tokens"][0]; },
                kCorrupt,
                "twice"},
        BadFile{
            "added_beyond_end",
            [](Json& j) {
              j["added_tokens"].push_back({{"id", 9000}, {"content", "<x>"}, {"special", true}});
            },
            kCorrupt,
            "expected 506"},
        BadFile{"added_empty",
                [](Json& j) { j["added_tokens"][1]["content"] = ""; },
                kCorrupt,
                "is empty"},
        BadFile{"added_not_object",
                [](Json& j) { j["added_tokens"][1] = "<x>"; },
                kCorrupt,
                "added_tokens[1]"},
        BadFile{"flag_is_number",
                [](Json& j) { j["added_tokens"][1]["special"] = 1; },
                kCorrupt,
                "special is 1"},
        BadFile{"lstrip",
                [](Json& j) { j["added_tokens"][1]["lstrip"] = true; },
                kUnsupported,
                "added_tokens[1].lstrip"},
        BadFile{"wordpiece",
                [](Json& j) { j["model"]["type"] = "WordPiece"; },
                kUnsupported,
                "model.type"},
        BadFile{
            "dropout", [](Json& j) { j["model"]["dropout"] = 0.1; }, kUnsupported, "model.dropout"},
        BadFile{"word_suffix",
                [](Json& j) { j["model"]["end_of_word_suffix"] = "</w>"; },
                kCorrupt,
                "no token 'Ā</w>'"},
        BadFile{"word_suffix_of_another_type",
                [](Json& j) { j["model"]["end_of_word_suffix"] = 1; },
                kCorrupt,
                "model.end_of_word_suffix is 1, expected a string"},
        BadFile{"byte_fallback",
                [](Json& j) { j["model"]["byte_fallback"] = true; },
                kUnsupported,
                "byte_fallback"},
        BadFile{"unknown_field",
                [](Json& j) { j["model"]["novelty"] = 1; },
                kUnsupported,
                "model.novelty"},
        BadFile{"unknown_top_field", [](Json& j) { j["novelty"] = 1; }, kUnsupported, "novelty"},
        BadFile{"version", [](Json& j) { j["version"] = "2.0"; }, kUnsupported, "version"},
        BadFile{"truncation",
                [](Json& j) {
                  j["truncation"] = {{"max_length", 77}};
                },
                kUnsupported,
                "truncation"},
        BadFile{"padding",
                [](Json& j) {
                  j["padding"] = {{"length", 77}};
                },
                kUnsupported,
                "padding"},
        BadFile{"normalizer",
                [](Json& j) {
                  j["normalizer"] = {{"type", "NFKC"}};
                },
                kUnsupported,
                "normalizer.type"},
        BadFile{"nested_sequence",
                [](Json& j) {
                  const Json inner = {{"type", "Sequence"}, {"normalizers", Json::array()}};
                  j["normalizer"] = {{"type", "Sequence"}, {"normalizers", Json::array({inner})}};
                },
                kUnsupported,
                "normalizer.normalizers[0].type"},
        BadFile{"no_pre_tokenizer",
                [](Json& j) { j["pre_tokenizer"] = nullptr; },
                kUnsupported,
                "pre_tokenizer"},
        BadFile{"other_pre_tokenizer",
                [](Json& j) {
                  j["pre_tokenizer"] = {{"type", "Whitespace"}};
                },
                kUnsupported,
                "pre_tokenizer.type"},
        BadFile{"without_regex",
                [](Json& j) { j["pre_tokenizer"]["use_regex"] = false; },
                kUnsupported,
                "use_regex"},
        BadFile{"other_decoder",
                [](Json& j) {
                  j["decoder"] = {{"type", "WordPiece"}};
                },
                kUnsupported,
                "decoder.type"},
        BadFile{"template",
                [](Json& j) {
                  j["post_processor"] = {{"type", "TemplateProcessing"}};
                },
                kUnsupported,
                "post_processor.type"}),
    [](const auto& file) { return std::string(file.param.name); });

class SpoiltClipFile : public testing::TestWithParam<BadFile> {};

TEST_P(SpoiltClipFile, IsRefusedWithAClearMessage) {
  Json json = golden::read("clip/tokenizer.json");
  GetParam().spoil(json);
  const Error error = load_error(json.dump());
  EXPECT_EQ(error.kind(), GetParam().kind) << error.what();
  EXPECT_THAT(error.what(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Text,
    SpoiltClipFile,
    testing::Values(
        BadFile{"other_pattern",
                [](Json& j) { j["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "\\s"; },
                kUnsupported,
                "pre_tokenizer.pretokenizers[0].pattern.Regex is not the pattern of CLIP"},
        BadFile{"literal_pattern",
                [](Json& j) {
                  j["pre_tokenizer"]["pretokenizers"][0]["pattern"] = {{"String", " "}};
                },
                kCorrupt,
                "pattern.Regex is missing"},
        BadFile{"other_behavior",
                [](Json& j) { j["pre_tokenizer"]["pretokenizers"][0]["behavior"] = "Isolated"; },
                kUnsupported,
                "behavior is \"Isolated\", expected \"Removed\""},
        BadFile{"not_inverted",
                [](Json& j) { j["pre_tokenizer"]["pretokenizers"][0]["invert"] = false; },
                kUnsupported,
                "invert is false"},
        BadFile{"prefix_space",
                [](Json& j) { j["pre_tokenizer"]["pretokenizers"][1]["add_prefix_space"] = true; },
                kUnsupported,
                "has add_prefix_space"},
        BadFile{"one_step",
                [](Json& j) { j["pre_tokenizer"]["pretokenizers"].erase(1); },
                kUnsupported,
                "has 1 steps, expected Split, ByteLevel"},
        BadFile{"replacement_of_something_else",
                [](Json& j) { j["normalizer"]["normalizers"][1]["pattern"]["Regex"] = "x"; },
                kUnsupported,
                "pattern.Regex is \"x\""},
        BadFile{"replacement_by_something_else",
                [](Json& j) { j["normalizer"]["normalizers"][1]["content"] = "_"; },
                kUnsupported,
                "content is \"_\""},
        BadFile{"frame_without_id",
                [](Json& j) { j["post_processor"]["cls"] = "<|startoftext|>"; },
                kCorrupt,
                "post_processor.cls is not a token and its id"},
        BadFile{"frame_outside",
                [](Json& j) { j["post_processor"]["sep"][1] = 100000; },
                kCorrupt,
                "post_processor names id 100000"}),
    [](const auto& file) { return std::string(file.param.name); });

TEST(TokenizerJson, LeavesTruncationAndPaddingOfClipToItsCallers) {
  const Json plain = golden::read("clip/tokenizer.json");
  Json framed = plain;
  framed["truncation"] = {{"max_length", 77}};
  framed["padding"] = {{"strategy", {{"Fixed", 77}}}};
  EXPECT_EQ(BpeTokenizer::from_json(framed, "framed").to_json(),
            BpeTokenizer::from_json(plain, "plain").to_json());
}

TEST(TokenizerJson, KnowsThePatternOfClipBeforeTransformers5) {
  Json older = golden::read("clip/tokenizer.json");
  const std::string pattern = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
  older["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = pattern;
  const BpeTokenizer tokenizer = BpeTokenizer::from_json(older, "older");
  EXPECT_EQ(tokenizer.definition().split, SplitPattern::kClipBefore5);
  const Json written = tokenizer.to_json();
  EXPECT_EQ(written.at("pre_tokenizer").at("pretokenizers")[0].at("pattern").at("Regex"), pattern);
}

TEST(TokenizerJson, RefusesWhatIsNotJson) {
  const std::string whole = golden::read("plain.tokenizer.json").dump();
  for (const std::string& text : {std::string(),
                                  std::string("hola"),
                                  std::string("\0\0\0", 3),
                                  std::string("{\"model\":"),
                                  whole.substr(0, whole.size() / 2),
                                  whole + "}",
                                  std::string("{\"\xff\":1}")}) {
    const Error error = load_error(text);
    EXPECT_EQ(error.kind(), ErrorKind::kCorrupt);
    EXPECT_THAT(error.what(), HasSubstr("not JSON"));
  }
  for (const std::string text : {"null", "[]", "7", "\"x\"", "{}"}) {
    EXPECT_EQ(load_error(text).kind(), ErrorKind::kCorrupt) << text;
  }
}

TEST(TokenizerJson, RefusesDeepNestingWithoutExhaustingTheStack) {
  constexpr size_t kDepth = 1'000'000;
  EXPECT_THAT(load_error(std::string(kDepth, '[')).what(), HasSubstr("nested deeper"));
  std::string objects;
  for (size_t i = 0; i < kDepth; ++i) objects += "{\"a\":";
  EXPECT_THAT(load_error(objects).what(), HasSubstr("nested deeper"));
  EXPECT_THAT(load_error("{\"model\":{\"vocab\":" + std::string(kDepth, '[') +
                         std::string(kDepth, ']') + "}}")
                  .what(),
              HasSubstr("nested deeper"));
}

TEST(TokenizerJson, RefusesRepeatedKeys) {
  const Error error = load_error(R"({"model": {"vocab": {"a": 0, "b": 1, "a": 2}, "merges": []}})");
  EXPECT_EQ(error.kind(), ErrorKind::kCorrupt);
  EXPECT_THAT(error.what(), HasSubstr("key 'a' is there twice"));
}

TEST(TokenizerJson, ReadsOlderFormsOfTheSameFile) {
  const Json current = golden::read("plain.tokenizer.json");
  Json older = current;
  older["model"]["merges"] = Json::array();
  for (const Json& merge : current["model"]["merges"]) {
    older["model"]["merges"].push_back(merge[0].get<std::string>() + " " +
                                       merge[1].get<std::string>());
  }
  older["model"]["continuing_subword_prefix"] = "";
  older["model"]["end_of_word_suffix"] = "";
  older["model"].erase("byte_fallback");
  older["model"].erase("ignore_merges");
  older["pre_tokenizer"].erase("use_regex");
  older["post_processor"] = {
      {"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", false}};
  EXPECT_EQ(nlohmann::json(BpeTokenizer::from_json(older, "older").to_json()),
            nlohmann::json(current));
}

}  // namespace
}  // namespace lienzo::text
