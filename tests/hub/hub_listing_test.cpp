#include "lienzo/hub/hub_listing.h"

#include "../base/expect_error.h"

namespace lienzo::hub {
namespace {

const std::string kSha256(64, 'b');
const std::string kSha1(40, 'a');

std::string file(const std::string& path, const std::string& more = "") {
  return R"({"type":"file","size":3,"oid":")" + kSha1 + R"(","path":")" + path + "\"" + more + "}";
}

TEST(HubListing, ReadsFilesAndTheirChecksums) {
  const std::string lfs = R"(,"lfs":{"oid":")" + kSha256 + R"(","size":9,"pointerSize":130})";
  const auto files = parse_file_list("[" + file("a/b.json") +
                                         R"(,{"type":"directory","path":"a","oid":"","size":0},)" +
                                         file("m.safetensors", lfs) + "," +
                                         R"({"type":"file","path":"c","size":1,"oid":"what?"}])",
                                     "list");
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files[0], (HubFile{"a/b.json", 3, {ChecksumKind::kGitBlob, kSha1}}));
  EXPECT_EQ(files[1], (HubFile{"m.safetensors", 9, {ChecksumKind::kSha256, kSha256}}));
  EXPECT_EQ(files[2], (HubFile{"c", 1, {}}));
  EXPECT_TRUE(parse_file_list("[]", "list").empty());
}

TEST(HubListing, RefusesPathsThatLeaveTheFolder) {
  for (const char* path : {"../a",
                           "a/../../b",
                           "..",
                           "a/..",
                           ".",
                           "./a",
                           "/etc/passwd",
                           "a//b",
                           "a/",
                           "",
                           "..\\\\a",
                           "C:\\\\a",
                           "a\\u0000b",
                           "a\\nb",
                           "\\u001b[2J"}) {
    expect_error(
        ErrorKind::kCorrupt,
        [&] { parse_file_list("[" + file(path) + "]", "list"); },
        "could leave the model's folder");
  }
  EXPECT_FALSE(is_safe_path("a\xff"));
  EXPECT_FALSE(is_safe_path(std::string(201, 'a')));
  EXPECT_FALSE(is_safe_path(std::string(150, 'a') + "/" + std::string(200, 'b') + "/" +
                            std::string(200, 'c')));
  for (const char* path : {"a", ".gitattributes", "a/b.c", "...", "a..b", "año.json", "a b"})
    EXPECT_TRUE(is_safe_path(path)) << path;
}

TEST(HubListing, RefusesWhatIsNoList) {
  for (const char* text : {"",
                           "{}",
                           "3",
                           "<html>",
                           "[3]",
                           R"([{"type":"file","path":"a"}])",
                           R"([{"type":"file","path":"a","size":-1}])",
                           R"([{"type":"file","path":"a","size":"3"}])",
                           R"([{"type":"file","path":3,"size":3}])",
                           R"([{"type":"file","path":"a","size":3,"lfs":{"oid":"b"}}])"}) {
    expect_error(
        ErrorKind::kCorrupt, [&] { parse_file_list(text, "the list"); }, "the list");
  }
  EXPECT_THROW(parse_file_list(std::string(100'000, '['), "list"), Error);
}

TEST(HubListing, ReadsCommitLicenceAndGate) {
  const std::string sha = R"("sha":")" + kSha1 + "\"";
  EXPECT_EQ(parse_model_info("{" + sha + "}", "info").commit, kSha1);
  EXPECT_FALSE(parse_model_info("{" + sha + R"(,"gated":false})", "info").gated);
  EXPECT_TRUE(parse_model_info("{" + sha + R"(,"gated":"auto"})", "info").gated);
  EXPECT_EQ(parse_model_info("{" + sha + R"(,"cardData":{"license":"mit"}})", "info").licence,
            "mit");
  EXPECT_EQ(parse_model_info(
                "{" + sha + R"(,"cardData":{"license":"other","license_name":"sai-nc-community"}})",
                "info")
                .licence,
            "sai-nc-community");
  EXPECT_EQ(parse_model_info("{" + sha + R"(,"cardData":{"license":["mit"]}})", "info").licence,
            "");
  EXPECT_EQ(
      parse_model_info("{" + sha + R"(,"cardData":{"license":"a\u001b[2Jb"}})", "info").licence,
      "a\\x1b[2Jb");
}

TEST(HubListing, RefusesInformationWithoutACommit) {
  for (const char* text :
       {"[]", "{}", R"({"sha":3})", R"({"sha":"main"})", R"({"sha":"../../etc"})"})
    expect_error(
        ErrorKind::kCorrupt, [&] { parse_model_info(text, "info"); }, "check HF_ENDPOINT");
}

TEST(HubListing, FindsTheNextPage) {
  EXPECT_EQ(next_page(R"(<https://a/b?c=1>; rel="next")"), "https://a/b?c=1");
  EXPECT_EQ(next_page(R"(<https://a>; rel="prev", <https://b>; rel="next")"), "https://b");
  EXPECT_EQ(next_page(R"(<https://a>; rel="next", <https://b>; rel="prev")"), "https://a");
  for (const char* none : {"", "<", ">", "><", R"(<https://a>; rel="prev")", R"(rel="next")"})
    EXPECT_EQ(next_page(none), "") << none;
}

}  // namespace
}  // namespace lienzo::hub
