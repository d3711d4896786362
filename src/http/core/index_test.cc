#include "http/core/index.h"

#include <gtest/gtest.h>

namespace orbit::http {
namespace {

using Kind = ParseOutcome::Kind;

// The outcome of one request head: "done", "more", or the status it is refused with.
std::string outcomeOf(std::string_view bytes, const HeadLimits& limits = {}) {
  RequestIndex index;
  const ParseOutcome outcome = parseRequestHead(bytes, limits, index);
  if (outcome.kind == Kind::kBad) return std::to_string(outcome.status);
  return outcome.kind == Kind::kDone ? "done" : "more";
}

TEST(RequestHead, PartsAreSlicesOfTheText) {
  RequestIndex index;
  const std::string bytes =
      "POST /v1/up?x=1 HTTP/1.1\r\nHost: a.example:8080\r\nX-Y:  two words \t\r\nContent-Length: "
      "5\r\nEmpty:\r\n\r\nhello";
  const ParseOutcome outcome = parseRequestHead(bytes, {}, index);
  ASSERT_EQ(outcome.kind, Kind::kDone) << outcome.reason;
  EXPECT_EQ(outcome.size, bytes.size() - 5);
  EXPECT_EQ(index.method, Method::kPost);
  EXPECT_EQ(index.at(index.methodText), "POST");
  EXPECT_EQ(index.at(index.target), "/v1/up?x=1");
  EXPECT_EQ(index.at(index.path), "/v1/up");
  EXPECT_TRUE(index.hasQuery);
  EXPECT_EQ(index.at(index.query), "x=1");
  EXPECT_EQ(index.at(index.host), "a.example");
  EXPECT_EQ(index.at(index.hostPort), "a.example:8080");
  EXPECT_EQ(index.at(index.find("x-y")->value), "two words");
  EXPECT_EQ(index.at(index.find("EMPTY")->value), "");
  EXPECT_EQ(index.find(Known::kCookie), nullptr);
  EXPECT_EQ(index.framing.kind, Framing::Kind::kLength);
  EXPECT_EQ(index.framing.length, 5U);
  EXPECT_TRUE(index.keepAlive);
}

TEST(RequestHead, DerivedValuesAreAppended) {
  RequestIndex index;
  ASSERT_EQ(parseRequestHead("GET /a/%7eb/../c%2f HTTP/1.1\r\nHost: A.Example.:80\r\n\r\n", {}, index).kind,
            Kind::kDone);
  EXPECT_EQ(index.at(index.path), "/a/c%2F");
  EXPECT_EQ(index.at(index.host), "a.example");
  EXPECT_EQ(index.at(index.hostPort), "A.Example.:80");
}

TEST(RequestHead, FormsOfTheTarget) {
  RequestIndex index;
  ASSERT_EQ(parseRequestHead("GET http://A.example?q HTTP/1.1\r\nHost: a.example:80\r\n\r\n", {}, index).kind,
            Kind::kDone);
  EXPECT_EQ(index.at(index.path), "/");
  EXPECT_EQ(index.at(index.query), "q");
  EXPECT_EQ(index.at(index.host), "a.example");
  EXPECT_EQ(index.at(index.hostPort), "A.example");
  ASSERT_EQ(parseRequestHead("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", {}, index).kind, Kind::kDone);
  EXPECT_EQ(index.at(index.path), "*");
  EXPECT_FALSE(index.hasQuery);
}

TEST(RequestHead, UpgradesAndExpectations) {
  RequestIndex index;
  ASSERT_EQ(parseRequestHead("GET /s HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                             {}, index)
                .kind,
            Kind::kDone);
  EXPECT_TRUE(index.upgrade);
  EXPECT_TRUE(index.webSocket);
  ASSERT_EQ(
      parseRequestHead("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", {}, index).kind,
      Kind::kDone);
  EXPECT_FALSE(index.upgrade);
  ASSERT_EQ(
      parseRequestHead("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n\r\n", {}, index)
          .kind,
      Kind::kDone);
  EXPECT_TRUE(index.expectContinue);
}

TEST(RequestHead, HopByHopAreTheFixedAndTheNamed) {
  RequestIndex index;
  ASSERT_EQ(parseRequestHead("GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Mine\r\nx-mine: 1\r\nTE: trailers\r\n"
                             "X-Other: 1\r\n\r\n",
                             {}, index)
                .kind,
            Kind::kDone);
  std::string kept;
  for (const FieldIndex& field : index.fields) {
    if (!isHopByHop(index, field)) kept.append(index.at(field.name)).append(" ");
  }
  EXPECT_EQ(kept, "Host X-Other ");
  EXPECT_FALSE(index.keepAlive);
  EXPECT_EQ(outcomeOf("GET / HTTP/1.1\r\nHost: a\r\nConnection: Host\r\n\r\n"), "400");
}

TEST(RequestHead, HoweverItIsCut) {
  const std::string text = "\r\nGET /a HTTP/1.1\r\nHost: a\r\nX: " + std::string(2000, 'x') + "\r\nY: z\r\n\r\n";
  for (std::size_t size = 0; size < text.size(); ++size) EXPECT_EQ(outcomeOf(text.substr(0, size)), "more") << size;
  EXPECT_EQ(outcomeOf(text + "body"), "done");
}

TEST(RequestHead, GarbageIsToldAtOnce) {
  EXPECT_EQ(outcomeOf("\x16\x03\x01" + std::string(600, 'x')), "400");
  EXPECT_EQ(outcomeOf("GET / HTTP/1.1 " + std::string(600, 'x')), "400");
  EXPECT_EQ(outcomeOf("GET / HTTP/1.1\r\nHost: a\nX: " + std::string(600, 'x')), "400");
}

TEST(RequestHead, Limits) {
  HeadLimits limits;
  limits.headBytesMax = 1000;
  limits.targetBytesMax = 100;
  limits.fieldsMax = 3;
  const std::string line = "GET / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(outcomeOf(line + "a: b\r\nc: d\r\n\r\n", limits), "done");
  EXPECT_EQ(outcomeOf(line + "a: b\r\nc: d\r\ne: f\r\n\r\n", limits), "431");
  EXPECT_EQ(outcomeOf(line + "a: " + std::string(1000, 'x'), limits), "431");
  EXPECT_EQ(outcomeOf("GET /" + std::string(99, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", limits), "done");
  EXPECT_EQ(outcomeOf("GET /" + std::string(100, 'a'), limits), "414");
  EXPECT_EQ(outcomeOf("GET /" + std::string(2000, 'a'), limits), "414");
  EXPECT_EQ(outcomeOf(std::string(33, 'A'), limits), "501");
}

TEST(ResponseHead, FramingAndReuse) {
  ResponseIndex index;
  ASSERT_EQ(parseResponseHead("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", {}, Method::kGet, index).kind,
            Kind::kDone);
  EXPECT_EQ(index.status, 200);
  EXPECT_EQ(index.at(index.reason), "OK");
  EXPECT_EQ(index.framing.length, 5U);
  EXPECT_TRUE(index.keepAlive);
  ASSERT_EQ(parseResponseHead("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", {}, Method::kHead, index).kind,
            Kind::kDone);
  EXPECT_EQ(index.framing.kind, Framing::Kind::kNone);
  EXPECT_TRUE(index.keepAlive);
  ASSERT_EQ(parseResponseHead("HTTP/1.1 200\r\n\r\n", {}, Method::kGet, index).kind, Kind::kDone);
  EXPECT_EQ(index.framing.kind, Framing::Kind::kUntilClose);
  EXPECT_FALSE(index.keepAlive);
  ASSERT_EQ(parseResponseHead("HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n", {}, Method::kGet, index).kind,
            Kind::kDone);
  EXPECT_EQ(index.framing.kind, Framing::Kind::kNone);
  EXPECT_FALSE(index.keepAlive);
  EXPECT_EQ(parseResponseHead("HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\n", {}, Method::kGet, index).status, 502);
}

TEST(Names, KnownInAnyCase) {
  EXPECT_EQ(knownName("hOST"), Known::kHost);
  EXPECT_EQ(knownName("Access-Control-Request-Headers"), Known::kAccessControlRequestHeaders);
  EXPECT_EQ(knownName("hosT "), Known::kOther);
  EXPECT_EQ(knownName(""), Known::kOther);
  EXPECT_EQ(methodOf("PATCH"), Method::kPatch);
  EXPECT_EQ(methodOf("get"), Method::kOther);
  EXPECT_EQ(methodOf(""), Method::kOther);
  EXPECT_EQ(methodName(Method::kDelete), "DELETE");
  EXPECT_TRUE(listNames("a, B ,c", "b"));
  EXPECT_FALSE(listNames("ab", "b"));
}

}  // namespace
}  // namespace orbit::http
