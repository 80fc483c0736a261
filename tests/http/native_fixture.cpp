#include "native_fixture.h"

namespace lienzo::http {

Reply NativeTest::send(const std::string& method,
                       const std::string& path,
                       const std::string& body) {
  Call request;
  request.method = method;
  request.path = path;
  request.body = body;
  return call(std::move(request));
}

Json NativeTest::submitted(Json request) {
  if (!request.contains("prompt")) request["prompt"] = "a red cube";
  const Reply reply = post("/api/v1/jobs", request);
  EXPECT_EQ(reply.status, 202) << reply.body;
  return Json::parse(reply.body);
}

Json NativeTest::finished(const std::string& id) {
  await_end(id);
  return job(id);
}

Json NativeTest::uploaded(const std::string& bytes) {
  const Reply reply = send("POST", "/api/v1/uploads", bytes);
  EXPECT_EQ(reply.status, 201) << reply.body;
  return Json::parse(reply.body);
}

void NativeTest::expect_refused(const Reply& reply,
                                int status,
                                const Json& code,
                                const std::string& field) {
  EXPECT_EQ(reply.status, status) << reply.body;
  const Json body = Json::parse(reply.body);
  ASSERT_TRUE(body.contains("error")) << reply.body;
  EXPECT_EQ(body["error"]["code"], code) << reply.body;
  EXPECT_EQ(body["error"].value("field", ""), field) << reply.body;
  EXPECT_FALSE(body["error"]["message"].get<std::string>().empty());
}

std::string NativeTest::refused(Json request,
                                int status,
                                const Json& code,
                                const std::string& field) {
  if (!request.contains("prompt")) request["prompt"] = "a red cube";
  const Reply reply = post("/api/v1/jobs", request);
  expect_refused(reply, status, code, field);
  return Json::parse(reply.body)["error"]["message"];
}

}  // namespace lienzo::http
