// RFC 9113 5.2 and 6.9: windows, both ways.
#include "h2/probe.h"

namespace orbit::h2test {
namespace {

const std::vector<std::string> kAccepted = {"accepted"};
const std::vector<std::string> kProtocol = {"connection PROTOCOL_ERROR"};
const std::vector<std::string> kFlow = {"connection FLOW_CONTROL_ERROR"};
const std::string kOpen = headers(1, request("POST"), kEndHeaders);
constexpr int kInitialWindow = 4;
constexpr std::uint32_t kWindowMax = 0x7fffffffU;

std::string window(std::uint32_t size) {
  return settings(setting(kInitialWindow, size));
}

TEST(H2Flow, WindowUpdate) {
  runCases({
      {"of 0 for the connection", windowUpdate(0, 0), kProtocol},
      {"of 0 for a stream", kOpen + windowUpdate(1, 0), {"stream 1 PROTOCOL_ERROR", "connection PROTOCOL_ERROR"}},
      {"of 3 bytes", frame(kWindowUpdate, 0, 0, number(1, 3)), {"connection FRAME_SIZE_ERROR"}},
      {"of 5 bytes", frame(kWindowUpdate, 0, 0, number(1, 5)), {"connection FRAME_SIZE_ERROR"}},
      {"beyond 2^31-1 for the connection", windowUpdate(0, kWindowMax) + windowUpdate(0, kWindowMax), kFlow},
      {"beyond 2^31-1 for a stream",
       kOpen + windowUpdate(1, kWindowMax) + windowUpdate(1, kWindowMax),
       {"stream 1 FLOW_CONTROL_ERROR", "connection FLOW_CONTROL_ERROR"}},
      {"the reserved bit is ignored", windowUpdate(0, 0x80000001U), kAccepted},
      {"a window that settings make too large", kOpen + windowUpdate(1, kWindowMax - 65535) + window(kWindowMax),
       kFlow},
  });
}

TEST(H2Flow, TheAnswerKeepsWithinItsWindow) {
  Probe probe;
  probe.feed(window(1) + headers(1, request()));
  EXPECT_EQ(probe.answered[1].body, "o");
  EXPECT_FALSE(probe.answered[1].ended);
  probe.feed(windowUpdate(1, 1));
  EXPECT_EQ(probe.answered[1].body, "ok");
  EXPECT_TRUE(probe.answered[1].ended);
}

// 6.9.2
TEST(H2Flow, SettingsMoveTheWindowsOfOpenStreams) {
  Probe probe;
  probe.feed(window(0) + headers(1, request()));
  EXPECT_EQ(probe.answered[1].body, "");
  probe.feed(window(1));
  EXPECT_EQ(probe.answered[1].body, "o");
}

TEST(H2Flow, AWindowMayBecomeNegative) {
  Probe probe;
  probe.answers = false;
  probe.feed(window(3) + headers(1, request()));
  probe.server->respond(1, 200, "", false);
  probe.server->body(1, "123456");
  probe.drain();
  EXPECT_EQ(probe.answered[1].body, "123");
  probe.feed(window(2)).feed(windowUpdate(1, 1));
  EXPECT_EQ(probe.answered[1].body, "123") << "the window is 0 now";
  probe.feed(windowUpdate(1, 1));
  EXPECT_EQ(probe.answered[1].body, "1234");
}

TEST(H2Flow, TheConnectionsWindowHoldsForAll) {
  Probe probe;
  probe.answers = false;
  probe.feed(window(1 << 20) + headers(1, request()) + headers(3, request()));
  for (const int stream : {1, 3}) {
    probe.server->respond(stream, 200, "", false);
    probe.server->body(stream, std::string(60'000, 'x'));
    probe.server->end(stream, "");
  }
  probe.drain();
  const auto got = [&] { return probe.answered[1].body.size() + probe.answered[3].body.size(); };
  EXPECT_EQ(got(), 65'535U);
  EXPECT_GT(probe.answered[1].body.size(), 20'000U) << "they share it";
  EXPECT_GT(probe.answered[3].body.size(), 20'000U);
  probe.feed(windowUpdate(0, 1 << 20));
  EXPECT_EQ(got(), 120'000U);
  EXPECT_EQ(probe.sent.size(), 2U);
}

TEST(H2Flow, ABodyBeyondItsWindowIsAnError) {
  Probe probe({.streamWindowBytes = 1000});
  probe.consumes = false;
  probe.feed(frame(kSettings, kAck, 0, "") + kOpen + data(1, std::string(1001, 'x')));
  EXPECT_TRUE(probe.outcome() == "connection FLOW_CONTROL_ERROR" || probe.outcome() == "stream 1 FLOW_CONTROL_ERROR");
  EXPECT_FALSE(probe.requests[1].ended);
}

TEST(H2Flow, WindowsOpenAsTheBodyIsUsedUp) {
  Probe probe({.streamWindowBytes = 1000});
  probe.consumes = false;
  probe.feed(frame(kSettings, kAck, 0, "") + kOpen);
  probe.frames.clear();
  probe.feed(data(1, std::string(1000, 'x')));
  EXPECT_TRUE(probe.frames.empty()) << "nothing was used yet";
  probe.server->consumed(1, 1000);
  probe.drain();
  ASSERT_EQ(probe.frames.size(), 1U);
  EXPECT_EQ(probe.frames[0].type, kWindowUpdate);
  EXPECT_EQ(probe.frames[0].payload, number(1000, 4));
  probe.server->consumed(1, 5000);  // more than there was
  probe.drain();
  EXPECT_EQ(probe.frames.size(), 1U);
}

// Bytes of a stream that ended unread must not stay in the connection's window.
TEST(H2Flow, AnAbandonedBodyGivesItsWindowBack) {
  Probe probe({.streamWindowBytes = 60'000, .connectionWindowBytes = 70'000});
  probe.consumes = false;
  probe.feed(frame(kSettings, kAck, 0, ""));
  for (std::uint32_t id = 1; id < 21; id += 2) {
    probe.feed(headers(id, request("POST"), kEndHeaders));
    for (int i = 0; i < 5; ++i) probe.feed(data(id, std::string(10'000, 'x')));
    probe.feed(rst(id));
    probe.server->consumed(static_cast<std::int32_t>(id), 50'000);  // too late: nothing happens twice
  }
  EXPECT_EQ(probe.outcome(), "accepted");
}

TEST(H2Flow, TellsWhenAQueueIsShortAgain) {
  Probe probe;
  probe.answers = false;
  probe.feed(headers(1, request()));
  probe.server->respond(1, 200, "", false);
  EXPECT_EQ(probe.server->body(1, std::string(300'000, 'x')), 300'000U);
  probe.drain();
  EXPECT_TRUE(probe.writable.empty());
  probe.feed(windowUpdate(0, 1 << 20)).feed(windowUpdate(1, 1 << 17));
  EXPECT_TRUE(probe.writable.empty());
  probe.feed(windowUpdate(1, 1 << 17));
  EXPECT_EQ(probe.writable, std::vector<std::int32_t>{1});
  EXPECT_TRUE(probe.sent.empty());
}

TEST(H2Flow, TakesAtMostWhatIsAskedFor) {
  Probe probe;
  probe.answers = false;
  probe.feed(window(1 << 20) + windowUpdate(0, 1 << 20) + headers(1, request()));
  probe.server->respond(1, 200, "", false);
  probe.server->body(1, std::string(500'000, 'x'));
  probe.server->end(1, "");
  std::string out;
  EXPECT_TRUE(probe.server->take(out, 64 * 1024));
  EXPECT_LE(out.size(), 64U * 1024 + 17 * 1024);
  int turns = 1;
  while (probe.server->take(out, 64 * 1024)) ++turns;
  EXPECT_GE(turns, 5);
  EXPECT_GT(out.size(), 500'000U);
  EXPECT_EQ(probe.sent, std::vector<std::int32_t>{1});
}

}  // namespace
}  // namespace orbit::h2test
