// RFC 9113 6: each frame in its wrong forms (SETTINGS and windows have files of their own).
#include "h2/probe.h"

namespace orbit::h2test {
namespace {

const std::vector<std::string> kAccepted = {"accepted"};
const std::vector<std::string> kProtocol = {"connection PROTOCOL_ERROR"};
const std::vector<std::string> kFrameSize = {"connection FRAME_SIZE_ERROR"};
const std::vector<std::string> kFrameSizeEither = {"connection FRAME_SIZE_ERROR", "stream 1 FRAME_SIZE_ERROR"};
const std::string kOpen = headers(1, request("POST"), kEndHeaders);

// 6.1
TEST(H2Frames, Data) {
  runCases({
      {"on stream 0", kOpen + data(0, "x"), kProtocol},
      {"on stream 0, no stream open", data(0, "x"), kProtocol},
      {"padding as long as the payload", kOpen + data(1, number(6, 1) + "Test", kEndStream | kPadded), kProtocol},
      {"padding longer than the payload", kOpen + data(1, number(255, 1) + "Test", kPadded), kProtocol},
      {"padded and empty",
       kOpen + data(1, "", kEndStream | kPadded),
       {"connection PROTOCOL_ERROR", "connection FRAME_SIZE_ERROR"}},
  });
}

// 6.2
TEST(H2Frames, Headers) {
  runCases({
      {"on stream 0", headers(0, request()), kProtocol},
      {"padding longer than the payload", headers(1, number(255, 1) + request(), kEndHeaders | kEndStream | kPadded),
       kProtocol},
      {"padding that takes the field block whole",
       headers(1, number(request().size() + 1, 1) + request(), kEndHeaders | kEndStream | kPadded), kProtocol},
      {"too short for its priority",
       headers(1, "\x01\x02", kEndHeaders | kPriorityFlag),
       {"connection FRAME_SIZE_ERROR", "connection PROTOCOL_ERROR"}},
      {"a second one without END_STREAM",
       kOpen + headers(1, field("x-t", "1"), kEndHeaders),
       {"stream 1 PROTOCOL_ERROR", "connection PROTOCOL_ERROR"}},
  });
}

// 6.3
TEST(H2Frames, Priority) {
  runCases({
      {"on stream 0", priority(0, 1), kProtocol},
      {"of 4 bytes", kOpen + frame(kPriority, 0, 1, number(0, 4)), kFrameSizeEither},
      {"of 6 bytes", kOpen + frame(kPriority, 0, 1, number(0, 6)), kFrameSizeEither},
  });
}

// 6.4
TEST(H2Frames, RstStream) {
  runCases({
      {"on stream 0", rst(0), kProtocol},
      {"of 3 bytes", kOpen + frame(kRst, 0, 1, number(0, 3)), kFrameSize},
      {"of 5 bytes", kOpen + frame(kRst, 0, 1, number(0, 5)), kFrameSize},
      {"on an even stream that nobody opened", rst(2), kProtocol},
  });
}

// 6.6, 8.4
TEST(H2Frames, PushPromise) {
  runCases({
      {"from a client", kOpen + frame(kPush, kEndHeaders, 1, number(2, 4) + request()), kProtocol},
      {"from a client, no stream open", frame(kPush, kEndHeaders, 1, number(2, 4) + request()), kProtocol},
  });
}

// 6.7
TEST(H2Frames, Ping) {
  runCases({
      {"on a stream", kOpen + frame(kPing, 0, 1, "12345678"), kProtocol},
      {"of 7 bytes", frame(kPing, 0, 0, "1234567"), kFrameSize},
      {"of 9 bytes", frame(kPing, 0, 0, "123456789"), kFrameSize},
      {"an ACK that nobody asked for", ping(kAck), kAccepted},
  });
  Probe probe;
  probe.frames.clear();
  probe.feed(frame(kPing, 0, 0, "8 bytes!")).feed(ping(kAck));
  ASSERT_EQ(probe.frames.size(), 1U) << "an ACK is not answered";
  EXPECT_EQ(probe.frames[0].type, kPing);
  EXPECT_EQ(probe.frames[0].flags, kAck);
  EXPECT_EQ(probe.frames[0].payload, "8 bytes!");
}

// 6.8
TEST(H2Frames, GoAway) {
  runCases({
      {"on a stream", kOpen + frame(kGoAway, 0, 1, number(0, 8)), kProtocol},
      {"too short", frame(kGoAway, 0, 0, number(0, 7)), kFrameSize},
  });
}

// 6.10
TEST(H2Frames, Continuation) {
  const std::string begun = headers(1, request(), kEndStream);
  runCases({
      {"followed by another frame", begun + continuation(1, field("x-a", "b"), kNone) + data(1, "x"), kProtocol},
      {"on stream 0", begun + continuation(0, field("x-a", "b")), kProtocol},
      {"on another stream", begun + continuation(3, field("x-a", "b")), kProtocol},
      {"after HEADERS with END_HEADERS", headers(1, request()) + continuation(1, field("x-a", "b")), kProtocol},
      {"after CONTINUATION with END_HEADERS",
       begun + continuation(1, field("x-a", "b")) + continuation(1, field("x-a", "b")), kProtocol},
      {"after DATA", kOpen + data(1, "x") + continuation(1, field("x-a", "b")), kProtocol},
      {"without HEADERS", continuation(1, request()), kProtocol},
  });
}

}  // namespace
}  // namespace orbit::h2test
