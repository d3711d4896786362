// Clients that cost more than they are worth: the connection ends with ENHANCE_YOUR_CALM (RFC 9113 10.5).
#include "h2/probe.h"

namespace orbit::h2test {
namespace {

constexpr const char* kCalm = "connection ENHANCE_YOUR_CALM";

// CVE-2023-44487
TEST(H2Floods, RapidReset) {
  Probe probe;
  probe.answers = false;
  std::uint32_t id = 1;
  for (; id < 1000 && probe.fed; id += 2) probe.feed(headers(id, request()) + rst(id));
  EXPECT_EQ(probe.outcome(), kCalm);
  EXPECT_NEAR(static_cast<double>(probe.requests.size()), 200, 2);
  EXPECT_TRUE(probe.server->finished());
}

TEST(H2Floods, ResetsOverTimeAreFine) {
  Probe probe;
  for (std::uint32_t id = 1; id < 2000; id += 2) {
    probe.feed(headers(id, request()) + rst(id));
    probe.now += std::chrono::milliseconds(200);
  }
  EXPECT_EQ(probe.outcome(), "accepted");
}

// CVE-2025-8671: the client makes us do the resetting.
TEST(H2Floods, MadeYouReset) {
  for (const auto& mistake : std::vector<std::function<std::string(std::uint32_t)>>{
           [](std::uint32_t id) { return headers(id, request("POST"), kEndHeaders) + windowUpdate(id, 0); },
           [](std::uint32_t id) { return headers(id, request() + field("Bad", "x")); },
           [](std::uint32_t id) { return headers(id, request("GET", "bad")); },
           [](std::uint32_t id) {
             return headers(id, request("POST") + field("content-length", "1"), kEndHeaders) + data(id, "22");
           }}) {
    Probe probe;
    for (std::uint32_t id = 1; id < 1000 && probe.fed && !probe.server->finished(); id += 2) probe.feed(mistake(id));
    EXPECT_FALSE(probe.goAways.empty());
    EXPECT_TRUE(probe.server->finished());
    EXPECT_LE(probe.rsts.size(), 202U);
  }
}

// CVE-2019-9512, CVE-2019-9515: answers that are not fetched.
TEST(H2Floods, UnreadAnswers) {
  for (const std::string& bytes : {ping(), settings(), settings(setting(4, 65535))}) {
    Probe probe;
    std::string many;
    for (int i = 0; i < 1100; ++i) many += bytes;
    probe.feed(many);
    EXPECT_EQ(probe.outcome(), kCalm);
  }
  Probe probe;
  for (int i = 0; i < 1100; ++i) probe.feed(ping());
  EXPECT_EQ(probe.outcome(), "accepted") << "a client that reads them may go on";
}

TEST(H2Floods, FramesThatSayNothing) {
  const std::string open = headers(1, request("POST"), kEndHeaders);
  for (const std::string& bytes : {data(1, ""), priority(3, 0), ping(), frame(0x77, 0, 0, ""), settings()}) {
    Probe probe({.uselessFramesMax = 500});
    probe.feed(open);
    for (int i = 0; i < 600 && probe.fed; ++i) probe.feed(bytes);
    EXPECT_EQ(probe.outcome(), kCalm);
  }
  Probe slow({.uselessFramesMax = 500});
  for (int i = 0; i < 2000; ++i) {
    slow.feed(ping());
    slow.now += std::chrono::milliseconds(100);
  }
  EXPECT_EQ(slow.outcome(), "accepted");
}

// CVE-2024-27316
TEST(H2Floods, Continuations) {
  Probe probe;
  probe.feed(headers(1, request(), kEndStream));
  for (int i = 0; i < 1000 && probe.fed; ++i) probe.feed(continuation(1, field("x", "y"), kNone));
  EXPECT_EQ(probe.outcome(), kCalm);
  Probe empty;
  empty.feed(headers(1, request(), kEndStream));
  for (int i = 0; i < 1000 && empty.fed; ++i) empty.feed(continuation(1, "", kNone));
  EXPECT_EQ(empty.outcome(), kCalm);
  Probe large;
  large.feed(headers(1, request(), kEndStream));
  for (int i = 0; i < 10 && large.fed; ++i) large.feed(continuation(1, field("x", std::string(16'000, 'y')), kNone));
  EXPECT_EQ(large.outcome(), kCalm);
}

// A small block that is a large list: an indexed field again and again (CVE-2016-6581).
TEST(H2Floods, CompressionBomb) {
  Probe probe;
  std::string block = request() + "\x40" + literal("x") + literal(std::string(4000, 'y'));
  for (int i = 0; i < 10'000; ++i) block += indexed(62);
  probe.feed(headers(1, block));
  EXPECT_EQ(probe.outcome(), kCalm);
  EXPECT_TRUE(probe.requests.empty());
}

}  // namespace
}  // namespace orbit::h2test
