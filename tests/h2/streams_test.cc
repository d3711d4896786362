// RFC 9113 5: states of streams, their numbers, how many at once.
#include "h2/probe.h"

namespace orbit::h2test {
namespace {

const std::vector<std::string> kAccepted = {"accepted"};
const std::vector<std::string> kProtocol = {"connection PROTOCOL_ERROR"};
const std::vector<std::string> kClosed = {"connection STREAM_CLOSED"};
const std::vector<std::string> kClosedEither = {"connection STREAM_CLOSED", "stream 1 STREAM_CLOSED"};

TEST(H2Streams, Idle) {
  runCases({
      {"DATA", data(1, "x", kEndStream), kProtocol},
      {"RST_STREAM", rst(1), kProtocol},
      {"WINDOW_UPDATE", windowUpdate(1, 100), kProtocol},
      {"CONTINUATION", continuation(1, request()), kProtocol},
      {"DATA on a stream above an open one", headers(1, request(), kEndHeaders) + data(3, "x"), kProtocol},
  });
}

// The answers are held back, so that the stream stays half-closed.
TEST(H2Streams, HalfClosedByTheClient) {
  for (const std::string& bytes : {data(1, "x", kEndStream), headers(1, request()), headers(1, field("x-t", "1")),
                                   headers(1, request(), kEndStream) + continuation(1, "")}) {
    Probe probe;
    probe.answers = false;
    probe.feed(headers(1, request())).feed(bytes);
    EXPECT_TRUE(probe.outcome() == "connection STREAM_CLOSED" || probe.outcome() == "stream 1 STREAM_CLOSED")
        << probe.outcome();
    EXPECT_EQ(probe.requests.size(), 1U);
    EXPECT_EQ(probe.requests[1].body, "");
  }
  Probe probe;
  probe.answers = false;
  probe.feed(headers(1, request())).feed(continuation(1, ""));
  EXPECT_TRUE(probe.outcome() == "connection STREAM_CLOSED" || probe.outcome() == "connection PROTOCOL_ERROR");
}

TEST(H2Streams, ClosedByReset) {
  const std::string open = headers(1, request("POST"), kEndHeaders);
  runCases({
      {"DATA", open + rst(1) + data(1, "x", kEndStream), kClosedEither},
      {"HEADERS", open + rst(1) + headers(1, request()), kClosedEither},
      {"HEADERS and CONTINUATION", open + rst(1) + headers(1, request(), kEndStream) + continuation(1, ""),
       kClosedEither},
      {"CONTINUATION",
       open + rst(1) + continuation(1, request()),
       {"connection STREAM_CLOSED", "connection PROTOCOL_ERROR"}},
  });
}

TEST(H2Streams, ClosedByItsEnd) {
  for (const std::string& bytes : {data(1, "x", kEndStream), headers(1, request())}) {
    Probe probe;
    probe.feed(headers(1, request())).feed(bytes);
    EXPECT_EQ(probe.outcome(), "connection STREAM_CLOSED");
    EXPECT_EQ(probe.requests.size(), 1U);
  }
}

// What was on its way when we gave a stream up is no fault.
TEST(H2Streams, ClosedByUs) {
  Probe probe;
  probe.answers = false;
  probe.feed(headers(1, request("POST"), kEndHeaders));
  probe.server->reset(1, http::H2Code::kCancel);
  probe.drain();
  EXPECT_EQ(probe.rsts[1], kCancel);
  probe.rsts.clear();
  probe.feed(data(1, std::string(10'000, 'x')) + data(1, "x", kEndStream)).feed(headers(3, request()));
  EXPECT_EQ(probe.outcome(), "accepted");
  EXPECT_EQ(probe.requests[1].body, "");
  EXPECT_TRUE(probe.resets.empty()) << "the listener knows what it did itself";
  EXPECT_TRUE(probe.requests.contains(3));
}

TEST(H2Streams, Numbers) {
  runCases({
      {"an even one", headers(2, request()), kProtocol},
      {"one below an open one that was never used", headers(5, request()) + headers(3, request()), kProtocol},
      {"one below a closed one that was never used", headers(5, request()) + rst(5) + headers(1, request()), kProtocol},
      {"DATA on one that was passed over", headers(5, request()) + data(3, "x"), kProtocol},
      {"the highest", headers(0x7fffffffU, request()), kAccepted},
      {"used twice", headers(1, request()) + rst(1) + headers(1, request()), kClosed},
  });
}

TEST(H2Streams, NoMoreAtOnceThanWeSaid) {
  Probe probe({.streamsMax = 3});
  probe.answers = false;
  for (std::uint32_t id = 1; id <= 7; id += 2) probe.feed(headers(id, request()));
  EXPECT_EQ(probe.requests.size(), 3U);
  EXPECT_TRUE(probe.outcome() == "stream 7 REFUSED_STREAM" || probe.outcome() == "connection PROTOCOL_ERROR")
      << probe.outcome();
}

// A client that opened streams before it knew our limit: they are refused, and what it sends on them is let pass.
TEST(H2Streams, RefusedOnesAreNoFault) {
  Probe probe({.streamsMax = 1}, false);
  probe.answers = false;
  probe.feed(preface() + settings() + headers(1, request("POST"), kEndHeaders) +
             headers(3, request("POST"), kEndHeaders) + data(3, "body", kEndStream));
  EXPECT_EQ(probe.outcome(), "stream 3 REFUSED_STREAM");
  EXPECT_EQ(probe.requests.size(), 1U);
  probe.rsts.clear();
  probe.feed(data(3, "late")).feed(data(1, "body", kEndStream));
  EXPECT_EQ(probe.outcome(), "accepted");
  EXPECT_EQ(probe.requests[1].body, "body");
}

TEST(H2Streams, DependencyOnItself) {
  runCases({
      {"HEADERS",
       headers(1, number(1, 4) + number(255, 1) + request(), kEndHeaders | kEndStream | kPriorityFlag),
       {"connection PROTOCOL_ERROR", "stream 1 PROTOCOL_ERROR"}},
      {"PRIORITY", priority(1, 1), {"connection PROTOCOL_ERROR", "stream 1 PROTOCOL_ERROR"}},
  });
}

}  // namespace
}  // namespace orbit::h2test
