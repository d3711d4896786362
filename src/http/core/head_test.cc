#include "http/core/head.h"

#include <gtest/gtest.h>

#include "http/core/limits.h"

namespace orbit::http {
namespace {

using namespace std::string_literals;

// As a connection would deliver it, in pieces of `step` bytes.
Result<std::string> readInSteps(std::string_view bytes, std::size_t step) {
  HeadReader reader;
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, step);
    const std::size_t before = piece.size();
    ORBIT_TRY(const bool whole, reader.feed(piece));
    bytes.remove_prefix(before - piece.size());
    if (whole) return reader.text() + "|" + std::string(bytes);
  }
  return std::string("incomplete");
}

Code failureOf(const std::string& request) {
  const auto result = parseRequest(request);
  return result.ok() ? Code::kInternal : result.error().code;
}

TEST(HeadReader, EndsAtTheEmptyLineHoweverItArrives) {
  const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\n";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    EXPECT_EQ(*readInSteps(text, step), "GET / HTTP/1.1\r\nHost: a\r\n\r\n|body\n") << step;
  }
  EXPECT_EQ(*readInSteps("GET / HTTP/1.1\r\n", 3), "incomplete");
}

TEST(HeadReader, RefusesBareLfAndTooLong) {
  EXPECT_EQ(readInSteps("GET / HTTP/1.1\nHost: a\n\n", 64).error().code, Code::kProtocol);
  EXPECT_EQ(readInSteps("\r\nGET / HTTP/1.1\r\n", 64).error().code, Code::kProtocol);
  EXPECT_EQ(readInSteps("GET /" + std::string(kHeadBytesMax, 'a'), 1000).error().code, Code::kLimit);
}

TEST(ParseRequest, PartsAndFields) {
  const auto request = parseRequest("POST /v1/up?x=1 HTTP/1.1\r\nHost: a\r\nX-Y:  two words \t\r\nEmpty:\r\n\r\n");
  ASSERT_TRUE(request.ok()) << request.error().text();
  EXPECT_EQ(request->head.method, "POST");
  EXPECT_EQ(request->head.target, "/v1/up?x=1");
  EXPECT_EQ(request->head.fields.get("x-y"), "two words");
  EXPECT_TRUE(request->head.fields.has("EMPTY"));
  EXPECT_EQ(request->minorVersion, 1);
}

TEST(ParseRequest, RefusesWhatOthersMightReadDifferently) {
  for (const std::string& text :
       {"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n"s, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"s,
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"s, "GET / HTTP/1.1\r\n\r\n"s,
        "GET / HTTP/1.1\r\nHost: a\r\nNo colon\r\n\r\n"s, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"s,
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"s, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"s,
        "GET / http/1.1\r\nHost: a\r\n\r\n"s, "GET /\r\nHost: a\r\n\r\n"s,
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"s, "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n"s,
        "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n"s, std::string("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 30)}) {
    EXPECT_EQ(failureOf(text), Code::kProtocol) << text;
  }
  EXPECT_EQ(failureOf("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), Code::kUnsupported);
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (std::size_t i = 0; i < kFieldsMax; ++i) many += "a: b\r\n";
  EXPECT_EQ(failureOf(many + "\r\n"), Code::kLimit);
}

TEST(ParseResponse, ReasonMayBeMissing) {
  EXPECT_EQ(parseResponse("HTTP/1.1 200\r\n\r\n")->head.status, 200);
  EXPECT_EQ(parseResponse("HTTP/1.1 200 \r\n\r\n")->head.reason, "");
  EXPECT_EQ(parseResponse("HTTP/1.0 404 Not Found\r\n\r\n")->head.reason, "Not Found");
  for (const char* text : {"HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n",
                           "HTTP/1.1 999 x\r\n\r\n", "HTTP/1.1  200 x\r\n\r\n", "200 OK\r\n\r\n"}) {
    EXPECT_FALSE(parseResponse(text).ok()) << text;
  }
}

TEST(Encode, RoundTripAndRefusal) {
  RequestHead head;
  head.fields.add("Host", "a");
  EXPECT_EQ(*encodeRequest(head), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  head.fields.add("X", "a\r\nEvil: b");
  EXPECT_EQ(encodeRequest(head).error().code, Code::kInvalid);
  RequestHead target;
  target.target = "/a b";
  EXPECT_EQ(encodeRequest(target).error().code, Code::kInvalid);
  ResponseHead response;
  response.status = 404;
  EXPECT_EQ(*encodeResponse(response), "HTTP/1.1 404 Not Found\r\n\r\n");
}

TEST(Fields, TokensAndKeepAlive) {
  const Fields fields{{"Connection", "Upgrade, Close"}, {"upgrade", "tcp"}};
  EXPECT_TRUE(hasToken(fields, "connection", "close"));
  EXPECT_FALSE(hasToken(fields, "connection", "clos"));
  EXPECT_FALSE(keepsAlive(fields, 1));
  EXPECT_TRUE(keepsAlive(Fields(), 1));
  EXPECT_FALSE(keepsAlive(Fields(), 0));
  EXPECT_TRUE(keepsAlive(Fields{{"Connection", "keep-alive"}}, 0));
  Fields changed{{"A", "1"}, {"a", "2"}};
  changed.set("A", "3");
  EXPECT_EQ(changed.size(), 1U);
  EXPECT_EQ(changed.get("a"), "3");
}

}  // namespace
}  // namespace orbit::http
