// RFC 9113 6.5.
#include "h2/probe.h"

namespace orbit::h2test {
namespace {

const std::vector<std::string> kAccepted = {"accepted"};
const std::vector<std::string> kProtocol = {"connection PROTOCOL_ERROR"};
const std::vector<std::string> kFrameSize = {"connection FRAME_SIZE_ERROR"};
const std::vector<std::string> kFlow = {"connection FLOW_CONTROL_ERROR"};

enum Setting { kHeaderTable = 1, kEnablePush = 2, kStreams = 3, kInitialWindow = 4, kMaxFrame = 5, kHeaderList = 6 };

TEST(H2Settings, Form) {
  runCases({
      {"ACK with a payload", frame(kSettings, kAck, 0, setting(kStreams, 1)), kFrameSize},
      {"on a stream", frame(kSettings, 0, 1, setting(kStreams, 1)), kProtocol},
      {"a length that is no multiple of 6", settings("\x01\x02\x03"), kFrameSize},
      {"an ACK nobody waits for",
       frame(kSettings, kAck, 0, "") + frame(kSettings, kAck, 0, ""),
       {"accepted", "connection PROTOCOL_ERROR"}},
      {"empty", settings(), kAccepted},
  });
}

TEST(H2Settings, Values) {
  runCases({
      {"ENABLE_PUSH 0", settings(setting(kEnablePush, 0)), kAccepted},
      {"ENABLE_PUSH 1", settings(setting(kEnablePush, 1)), kAccepted},
      {"ENABLE_PUSH 2", settings(setting(kEnablePush, 2)), kProtocol},
      {"INITIAL_WINDOW_SIZE of 2^31-1", settings(setting(kInitialWindow, 0x7fffffffU)), kAccepted},
      {"INITIAL_WINDOW_SIZE above", settings(setting(kInitialWindow, 0x80000000U)), kFlow},
      {"MAX_FRAME_SIZE below 2^14", settings(setting(kMaxFrame, 16383)), kProtocol},
      {"MAX_FRAME_SIZE of 2^24-1", settings(setting(kMaxFrame, 16777215)), kAccepted},
      {"MAX_FRAME_SIZE above", settings(setting(kMaxFrame, 16777216)), kProtocol},
      {"HEADER_TABLE_SIZE of nothing", settings(setting(kHeaderTable, 0)) + headers(1, request()), kAccepted},
      {"HEADER_TABLE_SIZE that is huge", settings(setting(kHeaderTable, 0xffffffffU)) + headers(1, request()),
       kAccepted},
      {"MAX_HEADER_LIST_SIZE", settings(setting(kHeaderList, 100)) + headers(1, request()), kAccepted},
      {"an unknown one", settings(setting(0x7777, 7)), kAccepted},
  });
}

TEST(H2Settings, AreAcknowledged) {
  Probe probe;
  probe.frames.clear();
  probe.feed(settings(setting(kInitialWindow, 100)) + settings());
  ASSERT_EQ(probe.frames.size(), 2U);
  for (const SentFrame& frame : probe.frames) {
    EXPECT_EQ(frame.type, kSettings);
    EXPECT_EQ(frame.flags, kAck);
  }
}

// 6.5.3: values in the order they stand.
TEST(H2Settings, TheLastOfSeveralCounts) {
  Probe probe;
  probe.feed(settings(setting(kInitialWindow, 100) + setting(kInitialWindow, 1)) + headers(1, request()));
  EXPECT_EQ(probe.answered[1].body, "o");
}

TEST(H2Settings, WeSayOurLimits) {
  Probe probe({.streamsMax = 7, .streamWindowBytes = 1000}, false);
  probe.feed(preface() + settings());
  const std::string& ours = probe.frames.at(0).payload;
  const auto holds = [&](int id, std::uint32_t value) {
    for (std::size_t at = 0; at + 6 <= ours.size(); at += 6) {
      if (ours.substr(at, 6) == setting(id, value)) return true;
    }
    return false;
  };
  EXPECT_TRUE(holds(kStreams, 7));
  EXPECT_TRUE(holds(kInitialWindow, 1000));
  EXPECT_TRUE(holds(kHeaderList, 64 * 1024));
  EXPECT_TRUE(holds(9, 1)) << "no priorities of RFC 7540";
}

TEST(H2Settings, LargerFramesOfTheClientsAreNotNeeded) {
  Probe probe;
  probe.answers = false;
  probe.feed(settings(setting(kMaxFrame, 1 << 20) + setting(kInitialWindow, 1 << 20)) + headers(1, request()) +
             windowUpdate(0, 1 << 20));
  probe.server->respond(1, 200, "", false);
  probe.server->body(1, std::string(100'000, 'x'));
  probe.server->end(1, "");
  probe.drain();
  EXPECT_EQ(probe.answered[1].body.size(), 100'000U);
  EXPECT_TRUE(probe.answered[1].ended);
}

}  // namespace
}  // namespace orbit::h2test
