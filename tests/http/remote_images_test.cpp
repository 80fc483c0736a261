#include "lienzo/http/remote_images.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>

#include "../hub/test_server.h"
#include "lienzo/http/http_error.h"

namespace lienzo::http {
namespace {

using testing::HasSubstr;
using testing::Not;

bool is_public_text(const char* text) {
  sockaddr_in6 six{};
  sockaddr_in four{};
  six.sin6_family = AF_INET6;
  four.sin_family = AF_INET;
  if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
    return is_public(reinterpret_cast<const sockaddr&>(four));
  EXPECT_EQ(inet_pton(AF_INET6, text, &six.sin6_addr), 1) << text;
  return is_public(reinterpret_cast<const sockaddr&>(six));
}

TEST(RemoteImagesTest, KnowsTheInternet) {
  for (const char* text :
       {"1.1.1.1",     "8.8.8.8",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255",
        "100.128.0.0", "126.255.255.255", "128.0.0.1",       "169.253.255.255", "172.15.255.255",
        "172.32.0.0",  "192.0.1.1",       "192.167.255.255", "192.169.0.0",     "198.17.255.255",
        "198.20.0.0",  "223.255.255.255", "2606:4700::1111", "2001:200::1",     "2001:db9::1",
        "2003::1",     "3ffe::1"})
    EXPECT_TRUE(is_public_text(text)) << text;
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "10.255.255.255",
                           "100.64.0.1",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.0.2.1",
                           "192.88.99.1",
                           "192.168.0.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.1",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:1.1.1.1",
                           "::ffff:127.0.0.1",
                           "::127.0.0.1",
                           "64:ff9b::7f00:1",
                           "64:ff9b:1::1",
                           "100::1",
                           "2001::1",
                           "2001:1ff::1",
                           "2001:db8::1",
                           "2002:7f00:1::",
                           "3fff:123::1",
                           "4000::1",
                           "fc00::1",
                           "fd12::1",
                           "fe80::1",
                           "fec0::1",
                           "ff02::1"})
    EXPECT_FALSE(is_public_text(text)) << text;
  const sockaddr local{.sa_family = AF_UNIX, .sa_data = {}};
  EXPECT_FALSE(is_public(local));
}

// A file that is there and may be read: only a refusal keeps it from being a picture.
const std::string kOwnFile = __FILE__;

class FetchRemoteTest : public testing::Test {
 protected:
  std::string fetch(const std::string& url, RemoteImages allowed = RemoteImages::kAny) {
    return fetch_remote(url, "picture", allowed, limits_);
  }
  /// The message of the refusal.
  std::string refused(const std::string& url,
                      RemoteImages allowed = RemoteImages::kAny,
                      int status = 400) {
    try {
      fetch(url, allowed);
    } catch (const HttpError& error) {
      EXPECT_EQ(error.status, status) << error.what();
      EXPECT_EQ(error.code, status == 413 ? "too_large" : "invalid_image");
      EXPECT_EQ(error.field, "picture");
      return error.what();
    }
    ADD_FAILURE() << url << " was read";
    return "";
  }
  std::string port() const { return server_.url().substr(server_.url().rfind(':')); }

  RemoteLimits limits_;
  hub::TestServer server_{[](const hub::Seen& request) {
    hub::Answer answer;
    answer.body = "a picture";
    if (request.path == "/gone") answer.status = 404;
    if (request.path == "/moved") {
      answer.status = 302;
      answer.headers = {{"Location", "/picture"}};
    }
    if (request.path == "/round") {
      answer.status = 302;
      answer.headers = {{"Location", "/round"}};
    }
    if (request.path == "/file") {
      answer.status = 302;
      answer.headers = {{"Location", "file://" + kOwnFile}};
    }
    if (request.path == "/ftp") {
      answer.status = 302;
      answer.headers = {{"Location", "ftp://127.0.0.1:1/picture"}};
    }
    if (request.path == "/large" || request.path == "/endless") answer.body.assign(5000, 'x');
    if (request.path == "/endless") answer.with_length = false;
    if (request.path == "/slow") answer.pause = 0.5;
    return answer;
  }};
};

TEST_F(FetchRemoteTest, ReadsWhatIsThere) {
  EXPECT_EQ(fetch(server_.url("/picture")), "a picture");
  EXPECT_EQ(fetch(server_.url("/moved")), "a picture");
  EXPECT_EQ(fetch("HTTP://localhost" + port() + "/picture"), "a picture");
  EXPECT_THAT(server_.requests().back().header("user-agent"), HasSubstr("lienzo/"));
}

TEST_F(FetchRemoteTest, ReadsNothingUnlessToldTo) {
  const std::string url = server_.url("/picture");
  EXPECT_THAT(refused(url, RemoteImages::kNone), HasSubstr("--remote-images"));
  EXPECT_THAT(refused(url, RemoteImages::kNone), HasSubstr(url));
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(FetchRemoteTest, LeavesTheOwnNetworkAlone) {
  for (const std::string host : {"127.0.0.1",
                                 "localhost",
                                 "127.1",
                                 "2130706433",
                                 "0x7f.1",
                                 "0",
                                 "[::1]",
                                 "[::ffff:127.0.0.1]",
                                 "[::ffff:7f00:1]",
                                 "169.254.169.254",
                                 "192.168.0.1"}) {
    const std::string url = "http://" + host + port() + "/picture";
    const std::string message = refused(url, RemoteImages::kPublic);
    EXPECT_THAT(message, HasSubstr(url));
    EXPECT_THAT(message, HasSubstr("--remote-images any"));
  }
  EXPECT_THAT(refused("http://localhost" + port(), RemoteImages::kPublic),
              HasSubstr("it leads to"));
  EXPECT_TRUE(server_.requests().empty());
}

TEST_F(FetchRemoteTest, AProxyIsNoWayAround) {
  ::setenv("http_proxy", server_.url().c_str(), 1);
  EXPECT_THAT(refused("http://192.168.0.1/picture", RemoteImages::kPublic),
              HasSubstr("it leads to 192.168.0.1"));
  EXPECT_TRUE(server_.requests().empty());
  EXPECT_EQ(fetch("http://192.168.0.1/picture"), "a picture") << "by way of the proxy";
  ::unsetenv("http_proxy");
}

TEST_F(FetchRemoteTest, SaysWhatIsWrong) {
  EXPECT_THAT(refused(server_.url("/gone")), HasSubstr("status is 404"));
  EXPECT_THAT(refused(server_.url("/round")), HasSubstr("more than 3 times"));
  EXPECT_EQ(server_.requests().size(), 5u);
  for (const char* path : {"/file", "/ftp"})
    EXPECT_THAT(refused(server_.url(path)), HasSubstr("neither http nor https")) << path;
  EXPECT_THAT(refused("file://" + kOwnFile), HasSubstr("neither http nor https"));
  EXPECT_THAT(refused("ftp://127.0.0.1" + port() + "/picture"),
              HasSubstr("neither http nor https"));
  EXPECT_THAT(refused("http://127.0.0.1:1/a?secret=1"), Not(HasSubstr("secret")));
  const std::string message = refused("http://ana:word@127.0.0.1" + port() + "/picture");
  EXPECT_THAT(message, HasSubstr("a name and a password"));
  EXPECT_THAT(message, Not(HasSubstr("word@")));
  EXPECT_THAT(message, HasSubstr("http://127.0.0.1"));
}

TEST_F(FetchRemoteTest, LimitsHold) {
  limits_.largest = 4999;
  EXPECT_THAT(refused(server_.url("/large"), RemoteImages::kAny, 413), HasSubstr("4999 bytes"));
  refused(server_.url("/endless"), RemoteImages::kAny, 413);
  limits_.largest = 5000;
  EXPECT_EQ(fetch(server_.url("/endless")).size(), 5000u);
  limits_.longest = std::chrono::milliseconds(300);
  EXPECT_THAT(refused(server_.url("/slow")), HasSubstr("longer than 0.3 s"));
}

}  // namespace
}  // namespace lienzo::http
