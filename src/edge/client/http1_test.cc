// HTTP/1.1 framing towards a client, without a socket: bytes in, bytes out.
#include "edge/client/http1.h"

#include <gtest/gtest.h>

#include "edge/test_world.h"

namespace orbit::edge {
namespace {

class Http1 : public testing::Test {
 protected:
  Http1() : link(world.worker), client(link) {}
  // What a turn's end does.
  std::string sent() {
    link.out.swap(last);
    link.out.clear();
    client.onTaken(0);
    return std::exchange(last, {});
  }
  TestWorld world;
  TestLink link;
  Http1Client client;
  std::string last;
};

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

TEST_F(Http1, AnswersWithALengthAndKeepsTheConnection) {
  client.onBytes(kGet);
  ASSERT_EQ(world.upstreams.attempts.size(), 1U);
  world.upstreams.last().answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", false);
  world.upstreams.last().owner->onAttemptBody("hi");
  world.upstreams.last().end();
  EXPECT_EQ(sent(), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_FALSE(link.closing);
  client.onBytes(kGet);
  EXPECT_EQ(world.upstreams.attempts.size(), 2U);
}

TEST_F(Http1, SendsChunksWhereTheLengthIsNotKnown) {
  client.onBytes(kGet);
  world.upstreams.last().answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false);
  world.upstreams.last().owner->onAttemptBody("hello");
  world.upstreams.last().owner->onAttemptBody(" world, again");
  world.upstreams.last().end("X-Sum: 1\r\n");
  EXPECT_EQ(
      sent(),
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nd\r\n world, again\r\n0\r\nX-Sum: 1\r\n\r\n");
}

TEST_F(Http1, SendsNoChunksToHttp10) {
  client.onBytes("GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n");
  world.upstreams.last().answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false);
  world.upstreams.last().owner->onAttemptBody("hello");
  world.upstreams.last().end();
  EXPECT_EQ(sent(), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
  EXPECT_TRUE(link.closing);
}

TEST_F(Http1, KeepsAnHttp10ConnectionWhenAskedTo) {
  client.onBytes("GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n");
  world.upstreams.last().answer("HTTP/1.1 204 No Content\r\n\r\n", true);
  EXPECT_EQ(sent(), "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_FALSE(link.closing);
}

TEST_F(Http1, OneRequestAtATimeInOrder) {
  std::string two(kGet);
  two += "GET /2 HTTP/1.1\r\nHost: a.test\r\n\r\n";
  client.onBytes(two);
  EXPECT_EQ(world.upstreams.attempts.size(), 1U);
  world.upstreams.last().answer("HTTP/1.1 204 No Content\r\n\r\n", true);
  sent();
  EXPECT_EQ(world.upstreams.attempts.size(), 2U);
  EXPECT_EQ(world.upstreams.last().head.substr(0, 6), "GET /2");
}

TEST_F(Http1, ReadsInPiecesOfAnySize) {
  const std::string text =
      "POST /1 HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" +
      std::string(kGet);
  for (const char c : text) {
    client.onBytes({&c, 1});
    if (world.upstreams.attempts.size() == 1 && world.upstreams.last().ended && !world.upstreams.last().over) {
      world.upstreams.last().answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true);
      sent();
    }
  }
  ASSERT_EQ(world.upstreams.attempts.size(), 2U);
  EXPECT_EQ(world.upstreams.attempts[0]->body, "hello");
}

TEST_F(Http1, ALongHeadByteByByte) {
  std::string head = "GET / HTTP/1.1\r\nHost: a.test\r\n";
  for (int i = 0; i < 60; ++i) head += "X-" + std::to_string(i) + ": " + std::string(1000, 'x') + "\r\n";
  head += "\r\n";
  for (const char c : head) client.onBytes({&c, 1});
  ASSERT_EQ(world.upstreams.attempts.size(), 1U);
  EXPECT_NE(world.upstreams.last().head.find("X-59: xxx"), std::string::npos);
  world.upstreams.last().answer("HTTP/1.1 204 No Content\r\n\r\n", true);
  sent();
  const std::string endless(70'000, 'x');
  for (const char c : endless) client.onBytes({&c, 1});
  EXPECT_EQ(link.out.substr(0, 12), "HTTP/1.1 501") << link.out;
}

TEST_F(Http1, ManyPipelinedAreAnsweredInOrder) {
  std::string all;
  for (int i = 0; i < 1000; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  client.onBytes(all);
  client.onBytes("GET /last HTTP/1.1\r\n");
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(world.upstreams.attempts.size(), static_cast<std::size_t>(i) + 1);
    const std::string line = "GET /" + std::to_string(i) + " ";
    ASSERT_EQ(world.upstreams.last().head.substr(0, line.size()), line);
    world.upstreams.last().answer("HTTP/1.1 204 No Content\r\n\r\n", true);
    sent();
  }
  client.onBytes("Host: a\r\n\r\n");
  EXPECT_EQ(world.upstreams.last().head.substr(0, 9), "GET /last");
}

TEST_F(Http1, ARefusalSaysWhatIsWrongInASentence) {
  client.onBytes("GET\t/ HTTP/1.1\r\n\r\n");
  EXPECT_EQ(link.out.substr(link.out.find("\r\n\r\n") + 4),
            "400 Bad Request. What is wrong with this request: the method.\n");
}

TEST_F(Http1, TooMuchPipelinedIsNotRead) {
  client.onBytes(kGet);
  client.onBytes(std::string(100'000, 'x'));
  EXPECT_FALSE(link.reading);
  world.upstreams.last().answer("HTTP/1.1 204 No Content\r\n\r\n", true);
  sent();
  EXPECT_TRUE(link.reading);
}

TEST_F(Http1, ABodyNobodyTakesHoldsTheClientBack) {
  client.onBytes("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10000000\r\n\r\n");
  world.upstreams.last().queuedNow = 1'000'000;
  client.onBytes(std::string(300'000, 'x'));
  EXPECT_FALSE(link.reading);
  world.upstreams.last().owner->onAttemptWritable();
  EXPECT_TRUE(link.reading);
}

TEST_F(Http1, AnEarlyAnswerThrowsTheRestAwayWithinBounds) {
  client.onBytes("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 200000\r\n\r\n");
  world.upstreams.last().answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", true);
  EXPECT_EQ(sent(), "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  client.onBytes(std::string(200'000, 'x') + std::string(kGet));
  EXPECT_EQ(world.upstreams.attempts.size(), 2U);
  world.upstreams.last().answer("HTTP/1.1 204 No Content\r\n\r\n", true);
  sent();
  client.onBytes("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2000000\r\n\r\n");
  world.upstreams.last().answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", true);
  sent();
  client.onBytes(std::string(300'000, 'x'));
  EXPECT_TRUE(link.closing);
}

TEST_F(Http1, ABrokenAnswerIsCutWhereItsEndWouldNotShow) {
  client.onBytes("GET / HTTP/1.0\r\nHost: a.test\r\n\r\n");
  world.upstreams.last().answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false);
  world.upstreams.last().fail(AttemptFailure::kBroken);
  EXPECT_TRUE(link.reset);
}

TEST_F(Http1, AClientThatGoesAwayEndsTheAttempt) {
  client.onBytes(kGet);
  client.onEnd();
  EXPECT_TRUE(link.reset);
  client.onGone();
  EXPECT_TRUE(world.upstreams.last().cancelled);
}

TEST_F(Http1, SaysCloseWhenDraining) {
  client.onBytes(kGet);
  link.drains = true;
  world.upstreams.last().answer("HTTP/1.1 204 No Content\r\n\r\n", true);
  EXPECT_EQ(sent(), "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(link.closing);
}

TEST_F(Http1, DeadlinesAreOfThePhase) {
  const auto& limits = link.limits();
  EXPECT_EQ(link.deadline, link.now() + limits.keepAlive);
  client.onBytes("GET /");
  EXPECT_EQ(link.deadline, link.now() + limits.headTimeout);
  client.onDeadline();
  EXPECT_EQ(link.out.substr(0, 12), "HTTP/1.1 408");
  EXPECT_TRUE(link.closing);
}

}  // namespace
}  // namespace orbit::edge
