// RFC 9113 3 to 4: the preface, the form of frames, field blocks.
#include "h2/probe.h"

namespace orbit::h2test {
namespace {

const std::vector<std::string> kAccepted = {"accepted"};
const std::vector<std::string> kProtocol = {"connection PROTOCOL_ERROR"};
const std::vector<std::string> kFrameSize = {"connection FRAME_SIZE_ERROR"};
const std::vector<std::string> kCompression = {"connection COMPRESSION_ERROR"};

// 3.4
TEST(H2Connection, BeginsWithSettings) {
  Probe probe({}, false);
  probe.feed(preface() + settings());
  ASSERT_GE(probe.frames.size(), 2U);
  EXPECT_EQ(probe.frames[0].type, kSettings);
  EXPECT_EQ(probe.frames[0].flags, kNone);
  EXPECT_EQ(probe.outcome(), "accepted");
  EXPECT_FALSE(probe.server->finished());
}

TEST(H2Connection, RefusesAnotherPreface) {
  for (const std::string& bytes :
       {std::string("INVALID CONNECTION PREFACE\r\n\r\n"), std::string("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        std::string("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"), std::string(64, '\0')}) {
    Probe probe({}, false);
    probe.feed(bytes);
    EXPECT_EQ(probe.outcome(), "connection PROTOCOL_ERROR");
    EXPECT_FALSE(probe.fed);
    EXPECT_TRUE(probe.server->finished());
  }
}

TEST(H2Connection, ThePrefaceIsFollowedBySettings) {
  for (const std::string& bytes :
       {ping(), headers(1, request()), settings().substr(0, 4) + "\x01" + settings().substr(5)}) {
    Probe probe({}, false);
    probe.feed(preface() + bytes);
    EXPECT_EQ(probe.outcome(), "connection PROTOCOL_ERROR");
    EXPECT_TRUE(probe.requests.empty());
  }
}

// 4.1
TEST(H2Connection, FrameFormat) {
  runCases({
      {"a frame of unknown type is ignored", frame(0x16, 0, 0, "12345678") + ping(), kAccepted},
      {"undefined flags are ignored", frame(kPing, 0x16, 0, "12345678") + ping(), kAccepted},
      {"the reserved bit is ignored", frame(kPing, 0, 0x80000000U, "12345678") + ping(), kAccepted},
      {"the reserved bit of a stream is ignored", headers(0x80000001U, request()), kAccepted},
  });
}

// 4.2
TEST(H2Connection, FrameSize) {
  const std::string open = headers(1, request("POST"), kEndHeaders);
  runCases({
      {"DATA of 2^14 bytes", open + data(1, std::string(16384, 'x'), kEndStream), kAccepted},
      {"DATA of more",
       open + data(1, std::string(16385, 'x'), kEndStream),
       {"connection FRAME_SIZE_ERROR", "stream 1 FRAME_SIZE_ERROR"}},
      {"HEADERS of more than 2^14 bytes", headers(1, request() + field("x", std::string(16384, 'x'))), kFrameSize},
      {"an unknown frame of more", frame(0x16, 0, 0, std::string(16385, 'x')), kFrameSize},
      {"SETTINGS of more", settings(std::string(16386, '\0')), kFrameSize},
  });
}

// 4.3
TEST(H2Connection, FieldBlocks) {
  const std::string begun = headers(1, request(), kEndStream);
  runCases({
      {"a block that cannot be decoded", headers(1, request() + "\x40"), kCompression},
      {"PRIORITY within a block", begun + priority(1, 0) + continuation(1, ""), kProtocol},
      {"HEADERS of another stream within a block", begun + headers(3, request()), kProtocol},
      {"HEADERS of the same stream within a block", begun + headers(1, request()), kProtocol},
      {"DATA within a block", begun + data(1, "x"), kProtocol},
      {"PING within a block", begun + ping(), kProtocol},
      {"SETTINGS within a block", begun + settings(), kProtocol},
      {"WINDOW_UPDATE within a block", begun + windowUpdate(0, 1), kProtocol},
      {"an unknown frame within a block", begun + frame(0x16, 0, 1, "x") + continuation(1, ""), kProtocol},
  });
}

// 5.4.1
TEST(H2Connection, AnErrorEndsItAfterAGoAway) {
  Probe probe;
  probe.feed(headers(1, request()));
  probe.feed(frame(kPing, 0, 1, "12345678"));
  ASSERT_EQ(probe.goAways.size(), 1U);
  EXPECT_EQ(probe.goAways[0].first, 1U) << "the last stream that was served";
  EXPECT_TRUE(probe.server->finished());
  probe.feed(headers(3, request()));
  EXPECT_EQ(probe.requests.size(), 1U) << "nothing is read any more";
}

// 5.5
TEST(H2Connection, Extensions) {
  runCases({
      {"an unknown frame on the connection", frame(0xfe, 0xff, 0, "whatever") + ping(), kAccepted},
      {"an unknown frame on an idle stream", frame(0xfe, 0, 9, "whatever") + headers(1, request()), kAccepted},
      {"an unknown setting", settings(setting(0xff, 1)), kAccepted},
      {"RST_STREAM with an unknown code", headers(1, request()) + rst(1, 0xff), kAccepted},
      {"GOAWAY with an unknown code", frame(kGoAway, 0, 0, number(0, 4) + number(0xff, 4)), kAccepted},
  });
}

}  // namespace
}  // namespace orbit::h2test
