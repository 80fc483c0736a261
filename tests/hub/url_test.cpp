#include "lienzo/hub/url.h"

#include "../base/expect_error.h"

namespace lienzo::hub {
namespace {

TEST(Url, EncodesWhatIsNotPlain) {
  EXPECT_EQ(encode_segment("a-b_c.d~1/ %?#ñ"), "a-b_c.d~1%2F%20%25%3F%23%C3%B1");
  EXPECT_EQ(encode_path("unet/a b.json"), "unet/a%20b.json");
  EXPECT_EQ(encode_path("/"), "/");
}

TEST(Url, TheOriginIsSchemeHostAndPort) {
  EXPECT_EQ(origin_of("https://HuggingFace.co/a?b"), "https://huggingface.co:443");
  EXPECT_EQ(origin_of("http://localhost:8080/a"), "http://localhost:8080");
  EXPECT_EQ(origin_of("http://[::1]/"), "http://[::1]:80");
}

// Ways to make one server look like another.
TEST(Url, TheOriginIsNotFooled) {
  for (const char* url : {"https://huggingface.co@evil.example/",
                          "https://huggingface.co:443@evil.example/",
                          "https://evil.example/@huggingface.co",
                          "https://evil.example?https://huggingface.co",
                          "https://evil.example#huggingface.co",
                          "https://huggingface.co.evil.example/",
                          "http://huggingface.co/"}) {
    EXPECT_NE(origin_of(url), "https://huggingface.co:443") << url;
  }
}

TEST(Url, RefusesOtherSchemes) {
  for (const char* url :
       {"", "huggingface.co", "//huggingface.co", "file:///a", "https://", "data:,"})
    expect_error(
        ErrorKind::kInvalidInput, [&] { origin_of(url); }, "https:// or http://");
}

TEST(Url, RedirectsStayOnTheWebAndEncrypted) {
  for (const auto& [from, to] : {std::pair{"http://a/", "http://b/"},
                                 {"http://a/", "https://b/"},
                                 {"https://a/", "https://b/"}})
    EXPECT_NO_THROW(check_redirect(from, to)) << from << " " << to;
  for (const char* to : {"", "file:///etc/passwd", "ftp://b/", "gopher://b/", "//b/"})
    expect_error(
        ErrorKind::kCorrupt, [&] { check_redirect("https://a/", to); }, "http or https");
  expect_error(
      ErrorKind::kCorrupt,
      [] { check_redirect("https://a/?secret", "http://b/?secret"); },
      "https://a/ redirects to 'http://b/', which is not encrypted");
}

TEST(Url, InMessagesItHasNoSecrets) {
  EXPECT_EQ(without_query("https://a.example/b?signature=1"), "https://a.example/b");
  EXPECT_EQ(server_of("https://a.example/b"), "a.example");
  EXPECT_EQ(server_of("http://a.example:443/b"), "a.example:443");
}

}  // namespace
}  // namespace lienzo::hub
