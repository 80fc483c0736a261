#include "lienzo/http/gate.h"

#include <gmock/gmock.h>

#include <chrono>

#include "../weights/temporary_folder.h"
#include "lienzo/http/context.h"
#include "lienzo/http/http_error.h"
#include "lienzo/http/openapi.h"

namespace lienzo::http {
namespace {

using testing::HasSubstr;

class GateTest : public testing::Test {
 protected:
  /// Headers beside a Host of this machine.
  static Call call_with(std::map<std::string, std::string> headers,
                        const std::string& method = "GET") {
    Call call;
    call.method = method;
    headers.emplace("Host", "localhost:7860");
    for (const auto& [name, value] : headers) call.headers.emplace(name, value);
    return call;
  }
  static Call call_by(const std::string& key) {
    return call_with({{"Authorization", "Bearer " + key}});
  }
  /// A key in the store, with what `change` makes of it.
  std::string key(std::vector<std::string> scopes = {"generate"},
                  const std::function<void(jobs::ApiKey&)>& change = {}) {
    NewKey made = make_key("Ana", scopes);
    if (change) change(made.row);
    store_->add_key(made.row);
    return made.secret;
  }
  std::string refused(const Call& call, int status) { return refused_by(gate_, call, status); }
  static std::string refused_by(Gate& gate, const Call& call, int status) {
    try {
      gate.admit(call);
    } catch (const HttpError& error) {
      EXPECT_EQ(error.status, status) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "was admitted";
    return "";
  }
  static jobs::Millis now() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }

  const weights::TemporaryFolder folder_;
  const std::unique_ptr<jobs::JobStore> store_ =
      jobs::open_job_store((folder_.path() / "jobs.db").string());
  Gate gate_{*store_, {}};
};

TEST_F(GateTest, WithoutKeysOnlyThisMachineMayCome) {
  const Caller caller = gate_.admit(call_with({}));
  EXPECT_EQ(caller.owner, "local");
  EXPECT_EQ(caller.sees(), "local") << "an administrator, but without a key";
  EXPECT_FALSE(gate_.keys_needed());
  for (const char* host : {"127.0.0.1:7860", "[::1]:7860", "localhost"})
    EXPECT_EQ(gate_.admit(call_with({{"Host", host}})).owner, "local") << host;
  EXPECT_THAT(refused(call_with({{"Host", "evil.example:7860"}}), 403), HasSubstr("evil.example"));
  refused(call_with({{"X-Forwarded-For", "1.2.3.4"}}), 403);
  refused(call_with({{"Forwarded", "for=1.2.3.4"}}), 403);
  Gate named(*store_, {.hosts = {"pictures.example"}});
  EXPECT_EQ(named.admit(call_with({{"Host", "pictures.example:7860"}})).owner, "local");
  Gate open(*store_, {.loopback = false});
  refused_by(open, call_with({}), 401);
  Gate strict(*store_, {.require_keys = true});
  refused_by(strict, call_with({}), 401);
}

TEST_F(GateTest, PagesFromElsewhereMayNotChangeAnything) {
  const std::string evil = "https://evil.example";
  EXPECT_THAT(refused(call_with({{"Origin", evil}}, "POST"), 403), HasSubstr(evil));
  EXPECT_EQ(gate_.admit(call_with({{"Origin", evil}})).owner, "local") << "the answer is not read";
  EXPECT_EQ(gate_.admit(call_with({{"Origin", "http://localhost:7860"}}, "POST")).owner, "local");
  EXPECT_FALSE(gate_.allows_origin(evil, "localhost:7860"));
  Gate friendly(*store_, {.origins = {evil}});
  EXPECT_EQ(friendly.admit(call_with({{"Origin", evil}}, "POST")).owner, "local");
}

TEST_F(GateTest, AKeyComesInThreeWays) {
  const std::string secret = key();
  EXPECT_TRUE(gate_.keys_needed());
  const std::string id = secret.substr(0, 11);
  EXPECT_EQ(gate_.admit(call_by(secret)).owner, id);
  const std::string basic = encode_base64("anybody:" + secret);
  EXPECT_EQ(gate_.admit(call_with({{"Authorization", "Basic " + basic}})).owner, id);
  EXPECT_EQ(gate_.admit(call_with({{"Cookie", "a=b; lienzo_key=" + secret + "; c=d"}})).owner, id);
  EXPECT_EQ(gate_.admit(call_with({{"Cookie", "lienzo_key=" + secret}, {"Host", "x"}})).owner, id);
  refused(call_with({}), 401);
  refused(call_with({{"Cookie", "other_lienzo_key=" + secret}}), 401);
  EXPECT_TRUE(store_->find_key(id)->last_used);
}

TEST_F(GateTest, WrongRevokedAndExpiredKeysAreRefused) {
  const std::string secret = key();
  std::string wrong = secret;
  wrong.back() = wrong.back() == 'a' ? 'b' : 'a';
  EXPECT_THAT(refused(call_by(wrong), 401), HasSubstr("not one of this server"));
  refused(call_by(secret + "a"), 401);
  refused(call_by(secret.substr(0, 11)), 401);
  refused(call_by("lz_"), 401);
  refused(call_by(std::string(100'000, 'a')), 401);
  store_->revoke_key(secret.substr(0, 11));
  EXPECT_THAT(refused(call_by(secret), 401), HasSubstr("revoked"));
  EXPECT_THAT(refused(call_by(wrong), 401), HasSubstr("not one of this server"));
  const std::string old = key({"generate"}, [](auto& row) { row.expires = now() - 1; });
  EXPECT_THAT(refused(call_by(old), 401), HasSubstr("expired"));
  const std::string fresh = key({"generate"}, [](auto& row) { row.expires = now() + 100'000; });
  EXPECT_EQ(gate_.admit(call_by(fresh)).owner, fresh.substr(0, 11));
}

TEST_F(GateTest, ScopesAndLimitsOfAKey) {
  const Caller eyes = gate_.admit(call_by(key({"read"})));
  EXPECT_FALSE(eyes.generate || eyes.admin);
  const Caller ana = gate_.admit(call_by(key({"generate"}, [](jobs::ApiKey& row) {
    row.queued = 3;
    row.largest_cost = 1e6;
    row.requests_per_minute = 2;
  })));
  EXPECT_TRUE(ana.generate && !ana.admin);
  EXPECT_EQ(ana.sees(), ana.owner);
  EXPECT_EQ(ana.queued, 3);
  EXPECT_EQ(ana.largest_cost, 1e6);
  gate_.count(ana);
  gate_.count(ana);
  try {
    gate_.count(ana);
    ADD_FAILURE() << "came a third time";
  } catch (const HttpError& error) {
    EXPECT_EQ(error.status, 429);
    EXPECT_GT(error.retry_after, 1);
  }
  const Caller boss = gate_.admit(call_by(key({"admin"})));
  EXPECT_TRUE(boss.generate && boss.admin);
  EXPECT_EQ(boss.sees(), "") << "everybody's";
  for (int i = 0; i < 10; ++i) gate_.count(boss);
  EXPECT_THROW(make_key("x", {"everything"}), Error);
}

TEST_F(GateTest, ASessionKeepsTheKeyInACookie) {
  const std::string secret = key();
  const Routes routes = session_routes(gate_);
  const auto call = [&](const std::string& method,
                        const std::string& body,
                        std::map<std::string, std::string> headers = {}) {
    headers.emplace("Content-Type", "application/json");
    Call request = call_with(headers, method);
    request.body = body;
    for (const Route& route : routes) {
      if (route.method != method) continue;
      try {
        return route.handler(request);
      } catch (const std::exception& error) {
        return error_reply(error, Dialect::kNative);
      }
    }
    return Reply();
  };
  const Reply signed_in = call("POST", Json{{"key", secret}}.dump());
  ASSERT_EQ(signed_in.status, 200) << signed_in.body;
  EXPECT_EQ(Json::parse(signed_in.body)["name"], "Ana");
  ASSERT_EQ(signed_in.headers.size(), 1u);
  const std::string cookie = signed_in.headers[0].second;
  EXPECT_THAT(cookie, HasSubstr("lienzo_key=" + secret));
  EXPECT_THAT(cookie, HasSubstr("HttpOnly"));
  EXPECT_THAT(cookie, HasSubstr("SameSite=Strict"));
  EXPECT_THAT(cookie, testing::Not(HasSubstr("Secure")));
  const Reply by_tls = call("POST", Json{{"key", secret}}.dump(), {{"X-Forwarded-Proto", "https"}});
  EXPECT_THAT(by_tls.headers.at(0).second, HasSubstr("; Secure"));
  EXPECT_EQ(call("POST", R"({"key": "lz_no"})").status, 401);
  EXPECT_TRUE(call("POST", R"({"key": "lz_no"})").headers.size() == 1) << "no cookie";
  EXPECT_EQ(call("POST", R"({"key": 3})").status, 400);
  EXPECT_EQ(call("POST", Json{{"key", secret}, {"x", 1}}.dump()).status, 400);
  EXPECT_THAT(call("DELETE", "").headers.at(0).second, HasSubstr("Max-Age=0"));
}

TEST(RouteTest, PatternsMatchWholeSegments) {
  std::vector<std::string> variables;
  EXPECT_TRUE(matches("/jobs/{id}/cancel", "/jobs/7/cancel", variables));
  EXPECT_EQ(variables, std::vector<std::string>{"7"});
  EXPECT_FALSE(matches("/jobs/{id}", "/jobs/7/cancel", variables));
  EXPECT_FALSE(matches("/jobs/{id}", "/jobs/", variables));
  EXPECT_FALSE(matches("/jobs", "/jobs/", variables));
  EXPECT_TRUE(matches("/", "/", variables));
}

}  // namespace
}  // namespace lienzo::http
