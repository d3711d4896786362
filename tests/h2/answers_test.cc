// The way back: heads, bodies, trailers, resets, the end of a connection.
#include "h2/probe.h"

namespace orbit::h2test {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

TEST(H2Answers, FieldsInLowerCaseWithoutConnectionSpecificOnes) {
  Probe probe;
  probe.answers = false;
  probe.feed(headers(1, request()));
  probe.server->respond(
      1, 404,
      "Content-Type:text/plain\r\nConnection: close\r\nKeep-Alive: 5\r\nTransfer-Encoding: chunked\r\n"
      "Upgrade: h2c\r\nProxy-Connection: x\r\nX-Empty: \r\nSet-Cookie: a=b; Path=/\r\nSet-Cookie: c\r\n",
      true);
  probe.drain();
  EXPECT_EQ(probe.answered[1].statuses, std::vector<int>{404});
  EXPECT_EQ(
      probe.answered[1].fields,
      (Fields{{"content-type", "text/plain"}, {"x-empty", ""}, {"set-cookie", "a=b; Path=/"}, {"set-cookie", "c"}}));
  EXPECT_TRUE(probe.answered[1].ended);
  EXPECT_EQ(probe.sent, std::vector<std::int32_t>{1});
  EXPECT_TRUE(probe.server->idle());
}

TEST(H2Answers, InterimOnesAndTrailers) {
  Probe probe;
  probe.answers = false;
  probe.feed(headers(1, request()));
  probe.server->interim(1, 103, "Link: </a.css>\r\n");
  probe.server->respond(1, 200, "", false);
  probe.server->body(1, "body");
  probe.server->end(1, "X-Checksum: 7\r\n");
  probe.drain();
  EXPECT_EQ(probe.answered[1].statuses, (std::vector<int>{103, 200}));
  EXPECT_EQ(probe.answered[1].fields, (Fields{{"link", "</a.css>"}, {"x-checksum", "7"}}));
  EXPECT_EQ(probe.answered[1].body, "body");
  EXPECT_TRUE(probe.answered[1].ended);
  EXPECT_EQ(probe.sent, std::vector<std::int32_t>{1});
}

TEST(H2Answers, PiecesAsTheyCome) {
  Probe probe;
  probe.answers = false;
  probe.feed(headers(1, request()));
  probe.server->respond(1, 200, "", false);
  for (const std::string piece : {"a", "b", "c"}) {
    probe.server->body(1, piece);
    probe.drain();
    EXPECT_EQ(probe.answered[1].body.back(), piece[0]);
  }
  EXPECT_FALSE(probe.answered[1].ended);
  probe.server->end(1, "");
  probe.drain();
  EXPECT_TRUE(probe.answered[1].ended);
}

// All that is ready leaves in one piece.
TEST(H2Answers, ManyStreamsInOneBuffer) {
  Probe probe;
  std::string all;
  for (std::uint32_t id = 1; id < 100; id += 2) all += headers(id, request());
  probe.feed(all);
  EXPECT_EQ(probe.sent.size(), 50U);
  for (std::uint32_t id = 1; id < 100; id += 2) EXPECT_EQ(probe.answered[id].body, "ok");
}

// RFC 9113 8.1: the answer is whole before the request is.
TEST(H2Answers, AnEarlyAnswerEndsTheRequest) {
  Probe probe;
  probe.answers = false;
  probe.feed(headers(1, request("POST"), kEndHeaders) + data(1, "some"));
  probe.server->respond(1, 413, "", true);
  probe.drain();
  EXPECT_EQ(probe.answered[1].statuses, std::vector<int>{413});
  EXPECT_EQ(probe.rsts[1], kNoError);
  EXPECT_EQ(probe.sent, std::vector<std::int32_t>{1});
  EXPECT_TRUE(probe.resets.empty());
  probe.feed(data(1, "more") + data(1, "", kEndStream) + headers(3, request()));
  EXPECT_EQ(probe.outcome(), "accepted");
  EXPECT_EQ(probe.requests[1].body, "some");
}

TEST(H2Answers, AClientThatGivesUpIsTold) {
  Probe probe;
  probe.answers = false;
  probe.feed(headers(1, request()));
  probe.server->respond(1, 200, "", false);
  probe.server->body(1, std::string(200'000, 'x'));
  probe.drain();
  probe.feed(rst(1, kCancel));
  EXPECT_EQ(probe.resets[1], kCancel);
  EXPECT_TRUE(probe.server->idle());
  EXPECT_EQ(probe.server->body(1, "late"), 0U);
  probe.server->end(1, "");
  probe.server->reset(1, http::H2Code::kInternal);
  probe.server->respond(1, 200, "", true);
  probe.server->consumed(1, 5);
  probe.drain();
  EXPECT_TRUE(probe.rsts.empty());
  EXPECT_TRUE(probe.sent.empty());
}

TEST(H2Answers, ABrokenAnswerIsReset) {
  Probe probe;
  probe.answers = false;
  probe.feed(headers(1, request()));
  probe.server->respond(1, 200, "Content-Length: 100\r\n", false);
  probe.server->body(1, "half");
  probe.server->reset(1, http::H2Code::kInternal);
  probe.drain();
  EXPECT_EQ(probe.rsts[1], kInternalError);
  EXPECT_FALSE(probe.answered[1].ended);
  EXPECT_TRUE(probe.resets.empty());
  EXPECT_TRUE(probe.server->idle());
}

// RFC 9113 6.8: two GOAWAYs; what was begun is finished.
TEST(H2Answers, Drain) {
  Probe probe;
  probe.answers = false;
  probe.feed(headers(1, request()));
  probe.server->goAway();
  probe.drain();
  ASSERT_EQ(probe.goAways.size(), 1U);
  EXPECT_EQ(probe.goAways[0].first, 0x7fffffffU);
  EXPECT_EQ(probe.goAways[0].second, kNoError);
  probe.feed(headers(3, request()));
  EXPECT_TRUE(probe.requests.contains(3)) << "it was on its way";
  probe.server->goAway();
  probe.drain();
  ASSERT_EQ(probe.goAways.size(), 2U);
  EXPECT_EQ(probe.goAways[1].first, 3U);
  probe.feed(headers(5, request("POST"), kEndHeaders) + data(5, "x", kEndStream));
  EXPECT_FALSE(probe.requests.contains(5));
  EXPECT_EQ(probe.outcome(), "accepted");
  EXPECT_FALSE(probe.server->finished());
  for (const int id : {1, 3}) probe.server->respond(id, 200, "", true);
  probe.drain();
  EXPECT_EQ(probe.sent.size(), 2U);
  EXPECT_TRUE(probe.server->finished());
}

TEST(H2Answers, AClientThatGoesAwayIsDone) {
  Probe probe;
  probe.answers = false;
  probe.feed(headers(1, request()) + frame(kGoAway, 0, 0, number(0, 8)));
  EXPECT_FALSE(probe.server->finished());
  probe.server->respond(1, 200, "", true);
  probe.drain();
  EXPECT_TRUE(probe.answered[1].ended);
  EXPECT_TRUE(probe.server->finished());
}

TEST(H2Answers, Pings) {
  Probe probe;
  EXPECT_TRUE(probe.server->answered());
  probe.frames.clear();
  probe.server->ping();
  probe.drain();
  EXPECT_FALSE(probe.server->answered());
  ASSERT_EQ(probe.frames.size(), 1U);
  EXPECT_EQ(probe.frames[0].type, kPing);
  probe.feed(frame(kPing, kAck, 0, probe.frames[0].payload));
  EXPECT_TRUE(probe.server->answered());
}

TEST(H2Answers, StreamsAreUsedAgain) {
  Probe probe;
  for (std::uint32_t id = 1; id < 20'000; id += 2) {
    probe.feed(headers(id, request("POST"), kEndHeaders) + data(id, "x", kEndStream));
    probe.answered.erase(id);
  }
  EXPECT_EQ(probe.sent.size(), 10'000U);
  EXPECT_TRUE(probe.server->idle());
}

}  // namespace
}  // namespace orbit::h2test
