// The way of a request, without a socket: whom it asks, what the client gets, and what is counted (decision 14).
#include "edge/exchange/exchange.h"

#include <gtest/gtest.h>

#include "edge/test_world.h"
#include "edge/vitals/vitals.h"

namespace orbit::edge {
namespace {

using signal::Outcome;
using Kind = signal::Key::Kind;

class TestClient final : public ClientStream {
 public:
  void sendInterim(int code, std::string_view) override { interims.push_back(code); }
  void sendHead(int code, std::string_view, std::string_view fieldLines, bool end) override {
    status = code;
    lines = fieldLines;
    ended = end;
  }
  std::size_t sendBody(std::string_view bytes) override {
    body += bytes;
    return queued;
  }
  void sendEnd(std::string_view) override { ended = true; }
  void cut() override { wasCut = true; }
  void bodyConsumed(std::size_t bytes) override { consumed += bytes; }
  void discardBody() override { discarding = true; }
  void beginTunnel() override { tunnel = true; }
  bool closing() const override { return false; }
  std::vector<int> interims;
  int status = 0;
  std::string lines, body;
  std::size_t queued = 0, consumed = 0;
  bool ended = false, wasCut = false, discarding = false, tunnel = false;
};

class ExchangeTest : public testing::Test {
 protected:
  ExchangeTest() { facts.listener = &listener; }
  void begin(const std::string& text, bool endOfBody = true) {
    http::RequestIndex head;
    ASSERT_EQ(http::parseRequestHead(text, {}, head).kind, http::ParseOutcome::Kind::kDone);
    exchange = &beginExchange(world.worker, client, facts);
    exchange->onRequest(head, endOfBody);
  }
  void get(const std::string& lines = {}) { begin("GET / HTTP/1.1\r\nHost: a.test\r\n" + lines + "\r\n"); }
  void post() { begin("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n"); }
  TestAttempt& attempt() { return world.upstreams.last(); }
  std::size_t attempts() const { return world.upstreams.attempts.size(); }
  // What was counted, as "kind release status outcome".
  std::vector<std::string> counted() const {
    std::vector<std::string> rows;
    for (const auto& row : world.signals.rows) {
      rows.push_back((row.key.kind == Kind::kRequest ? "request " : "attempt ") + row.key.release + " " +
                     std::to_string(row.sample.status) + " " + std::to_string(static_cast<int>(row.sample.outcome)));
    }
    return rows;
  }
  static std::string row(const std::string& what, int status, Outcome outcome) {
    return what + " " + std::to_string(status) + " " + std::to_string(static_cast<int>(outcome));
  }
  void addWatched() {
    world.table.services[0].releases[0].weight = 0;
    world.table.services[0].releases.push_back({"new", 100, true, false, {{"c", "127.0.0.1:3"}}});
    world.apply();
  }

  TestWorld world;
  TestClient client;
  ListenerRuntime listener;
  ClientFacts facts;
  Exchange* exchange = nullptr;
};

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

TEST_F(ExchangeTest, OneSignalForTheAttemptAndOneForTheRequest) {
  get();
  attempt().answer(kOk, false);
  attempt().owner->onAttemptBody("hi");
  attempt().end();
  EXPECT_EQ(counted(), (std::vector{row("attempt old", 200, Outcome::kAnswered)}));
  exchange->onAnswerSent();
  EXPECT_EQ(counted(),
            (std::vector{row("attempt old", 200, Outcome::kAnswered), row("request old", 200, Outcome::kAnswered)}));
  EXPECT_EQ(world.signals.rows[1].sample.bytesOut, 2U);
  for (const auto& instance : world.runtime->services[0]->releases[0].instances) EXPECT_EQ(instance->active, 0U);
}

TEST_F(ExchangeTest, WhatTheEdgeAnswersItselfCarriesNoRelease) {
  world.table.services[0].releases[0].instances.clear();
  world.apply();
  get();
  EXPECT_EQ(client.status, 503);
  exchange->onAnswerSent();
  EXPECT_EQ(counted(), (std::vector{row("request ", 503, Outcome::kAnswered)}));
}

TEST_F(ExchangeTest, ARefusedConnectionIsTriedOnTheOtherInstance) {
  world.upstreams.refusing = "a";
  for (int i = 0; i < 8; ++i) {
    client = {};
    post();
    EXPECT_NE(attempt().wish.instance->id, "a");
    attempt().answer("HTTP/1.1 204 No Content\r\n\r\n", true);
    EXPECT_EQ(client.status, 204);
    exchange->onAnswerSent();
  }
}

TEST_F(ExchangeTest, AResetIsTriedAgainOnlyWhereThatIsSafe) {
  get();
  attempt().fail(AttemptFailure::kReset);
  EXPECT_EQ(attempts(), 2U);
  EXPECT_NE(world.upstreams.attempts[0]->wish.instance, world.upstreams.attempts[1]->wish.instance);
  attempt().fail(AttemptFailure::kReset);
  EXPECT_EQ(attempts(), 2U);  // retriesMax
  EXPECT_EQ(client.status, 502);
  exchange->onAnswerSent();
  client = {};
  post();
  attempt().fail(AttemptFailure::kReset);
  EXPECT_EQ(attempts(), 3U);
  EXPECT_EQ(client.status, 502);
  exchange->onAnswerSent();
  client = {};
  get();
  attempt().fail(AttemptFailure::kHeadTimeout);
  EXPECT_EQ(attempts(), 4U);
  EXPECT_EQ(client.status, 504);
  exchange->onAnswerSent();
}

TEST_F(ExchangeTest, AnotherReleaseAnswersForAWatchedOneAndTheFailureCounts) {
  addWatched();
  get();
  EXPECT_EQ(attempt().wish.instance->id, "c");
  attempt().answer("HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\n", false);
  ASSERT_EQ(attempts(), 2U);
  EXPECT_TRUE(world.upstreams.attempts[0]->cancelled);
  EXPECT_EQ(client.status, 0);
  attempt().answer("HTTP/1.1 204 No Content\r\n\r\n", true);
  EXPECT_EQ(client.status, 204);
  exchange->onAnswerSent();
  EXPECT_EQ(counted(),
            (std::vector{row("attempt new", 500, Outcome::kShielded), row("attempt old", 204, Outcome::kAnswered),
                         row("request old", 204, Outcome::kAnswered)}));
}

TEST_F(ExchangeTest, BothRecordsNameTheClientByItsHash) {
  get();
  attempt().answer("HTTP/1.1 204 No Content\r\n\r\n", true);
  exchange->onAnswerSent();
  const std::uint64_t hash = facts.peer.clientHash(world.worker.hashSeed());
  EXPECT_EQ(world.signals.clientHashes, (std::vector{hash, hash}));
}

TEST_F(ExchangeTest, AfterASwapTheShieldIsWhoServesNow) {
  addWatched();
  get();
  EXPECT_EQ(attempt().wish.instance->id, "c");
  // The same release first in the list, with other instances; the others were replaced.
  world.table.services[0].releases = {{"new", 100, true, false, {{"c", "127.0.0.1:3"}, {"d", "127.0.0.1:4"}}},
                                      {"old", 0, false, false, {{"x", "127.0.0.1:5"}}}};
  world.apply();
  attempt().answer("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", true);
  ASSERT_EQ(attempts(), 2U);
  EXPECT_EQ(attempt().wish.instance->id, "x");
  attempt().answer("HTTP/1.1 204 No Content\r\n\r\n", true);
  exchange->onAnswerSent();
  EXPECT_EQ(counted(),
            (std::vector{row("attempt new", 500, Outcome::kShielded), row("attempt old", 204, Outcome::kAnswered),
                         row("request old", 204, Outcome::kAnswered)}));
}

TEST_F(ExchangeTest, AfterASwapNobodyShieldsWhereThereIsNoOther) {
  addWatched();
  for (const bool gone : {false, true}) {
    client = {};
    get();
    const std::size_t before = attempts();
    const auto table = world.table;
    world.table.services[0].releases.erase(world.table.services[0].releases.begin());
    if (gone) world.table.services[0].name = "other";
    if (gone) world.table.routes[0].service = "other";
    world.apply();
    attempt().answer("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", true);
    EXPECT_EQ(attempts(), before);
    EXPECT_EQ(client.status, 500);
    exchange->onAnswerSent();
    world.table = table;
    world.apply();
  }
}

TEST_F(ExchangeTest, AfterASwapARetryStaysOnItsRelease) {
  world.table.services[0].releases.push_back({"new", 0, false, false, {{"c", "127.0.0.1:3"}}});
  world.apply();
  for (int i = 0; i < 2; ++i) {  // the budget allows three
    client = {};
    world.table.services[0].releases[0].weight = 100;
    world.table.services[0].releases[1].weight = 0;
    world.apply();
    get();
    const std::string first = attempt().wish.instance->id;
    world.table.services[0].releases[0].weight = 0;
    world.table.services[0].releases[1].weight = 100;
    world.apply();
    attempt().fail(AttemptFailure::kReset);
    EXPECT_EQ(attempt().wish.instance->id, first == "a" ? "b" : "a");
    attempt().answer("HTTP/1.1 204 No Content\r\n\r\n", true);
    EXPECT_NE(client.lines.find("Set-Cookie"), std::string::npos) << "the visitor stays on this side";
    exchange->onAnswerSent();
  }
  // But where the release takes no more visitors, or is gone, another answers.
  get();
  world.table.services[0].releases[0].weight = 100;
  world.table.services[0].releases[1].weight = 0;
  world.table.services[0].releases[1].draining = true;
  world.apply();
  attempt().fail(AttemptFailure::kReset);
  EXPECT_NE(attempt().wish.instance->id, "c");
  attempt().answer("HTTP/1.1 204 No Content\r\n\r\n", true);
  exchange->onAnswerSent();
}

TEST_F(ExchangeTest, OnlyGetAndHeadAreShielded) {
  addWatched();
  post();
  attempt().answer("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", true);
  EXPECT_EQ(attempts(), 1U);
  EXPECT_EQ(client.status, 500);
  exchange->onAnswerSent();
}

TEST_F(ExchangeTest, VisitorsLeaveAReleaseThatIsTakenBackWithTheirNextRequest) {
  addWatched();
  get();
  attempt().answer("HTTP/1.1 204 No Content\r\n\r\n", true);
  const std::size_t at = client.lines.find("Set-Cookie: ");
  ASSERT_NE(at, std::string::npos);
  exchange->onAnswerSent();
  const std::string cookie = client.lines.substr(at + 12, client.lines.find(';', at) - at - 12);
  world.table.services[0].releases[0].weight = 100;
  world.table.services[0].releases[1].weight = 0;
  world.apply();
  client = {};
  get("Cookie: " + cookie + "\r\n");
  EXPECT_NE(attempt().wish.instance->id, "c");
  attempt().answer("HTTP/1.1 204 No Content\r\n\r\n", true);
  EXPECT_EQ(client.lines.find("Set-Cookie"), std::string::npos) << "its draw is good for any release";
  exchange->onAnswerSent();
}

TEST_F(ExchangeTest, ABrokenAnswerIsCutAndCounted) {
  get();
  attempt().answer(kOk, false);
  attempt().fail(AttemptFailure::kBroken);
  EXPECT_TRUE(client.wasCut);
  EXPECT_EQ(counted(),
            (std::vector{row("attempt old", 200, Outcome::kBroken), row("request old", 200, Outcome::kBroken)}));
}

TEST_F(ExchangeTest, AClientThatGoesAwayIsNoFailure) {
  get();
  exchange->onClientGone();
  EXPECT_TRUE(attempt().cancelled);
  EXPECT_EQ(counted(), (std::vector{row("attempt old", 0, Outcome::kClientAborted),
                                    row("request old", 0, Outcome::kClientAborted)}));
}

TEST_F(ExchangeTest, ASlowClientHoldsTheInstanceBack) {
  get();
  attempt().answer("HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n", false);
  client.queued = kQueueHigh + 1;
  attempt().owner->onAttemptBody("x");
  EXPECT_TRUE(attempt().paused);
  exchange->onClientWritable();
  EXPECT_FALSE(attempt().paused);
  exchange->onClientGone();
}

TEST_F(ExchangeTest, ABodyWaitsForTheConnectionAndIsNotLost) {
  world.upstreams.connects = false;
  begin("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\n", false);
  exchange->onRequestBody("hello");
  exchange->onRequestEnd("X-Sum: 1\r\n");
  EXPECT_EQ(client.consumed, 0U);
  attempt().fail(AttemptFailure::kConnect);
  ASSERT_EQ(attempts(), 2U);
  attempt().owner->onAttemptReady(attempt().head);
  EXPECT_EQ(attempt().body, "hello");
  EXPECT_EQ(attempt().endLines, "X-Sum: 1\r\n");
  EXPECT_TRUE(attempt().ended);
  EXPECT_EQ(client.consumed, 5U);
  exchange->onClientGone();
}

TEST_F(ExchangeTest, PausedRequestsGoToWhereTheServiceIsThen) {
  world.table.services[0].paused = true;
  world.apply();
  get();
  EXPECT_EQ(attempts(), 0U);
  world.table.services[0].paused = false;
  world.table.services[0].releases = {{"r9", 100, false, false, {{"z", "127.0.0.1:9"}}}};
  world.apply();
  ASSERT_EQ(attempts(), 1U);
  EXPECT_EQ(attempt().wish.instance->id, "z");
  attempt().answer("HTTP/1.1 204 No Content\r\n\r\n", true);
  exchange->onAnswerSent();
}

TEST_F(ExchangeTest, AnInterimAnswerGoesOnlyToWhomItConcerns) {
  begin("POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", false);
  http::ResponseIndex interim;
  ASSERT_EQ(http::parseResponseHead("HTTP/1.1 100 Continue\r\n\r\n", {}, http::Method::kPost, interim).kind,
            http::ParseOutcome::Kind::kDone);
  attempt().owner->onAttemptInterim(interim);
  EXPECT_EQ(client.interims, std::vector{100});
  exchange->onClientGone();
}

TEST_F(ExchangeTest, A101NobodyAskedForIs502) {
  world.table.services[0].retriesMax = 0;
  world.apply();
  get();
  attempt().answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", false);
  EXPECT_EQ(client.status, 502);
  EXPECT_FALSE(client.tunnel);
  exchange->onAnswerSent();
}

class VitalsTest : public ExchangeTest {
 protected:
  VitalsTest() {
    world.table.routes[0].vitals = true;
    world.apply();
  }
  static constexpr const char* kPage = "Accept: text/html\r\nAccept-Encoding: gzip\r\n";
};

TEST_F(VitalsTest, APageGetsItsTagAndTheRightLength) {
  get(kPage);
  EXPECT_EQ(attempt().head.find("Accept-Encoding"), std::string::npos);
  attempt().answer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 19\r\n\r\n", false);
  attempt().owner->onAttemptBody("<html><he");
  attempt().owner->onAttemptBody("ad></head>");
  attempt().end();
  EXPECT_TRUE(client.body.starts_with("<html><head><script async ")) << client.body;
  EXPECT_TRUE(client.body.ends_with("></script></head>")) << client.body;
  EXPECT_NE(client.lines.find("Content-Length: " + std::to_string(client.body.size()) + "\r\n"), std::string::npos)
      << client.lines;
  exchange->onAnswerSent();
  EXPECT_EQ(world.signals.rows.back().sample.bytesOut, client.body.size());
}

TEST_F(VitalsTest, APageWithoutAHeadGetsItAtItsEnd) {
  get(kPage);
  attempt().answer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n", false);
  attempt().owner->onAttemptBody("hello");
  attempt().end();
  EXPECT_TRUE(client.body.starts_with("hello<script ")) << client.body;
}

TEST_F(VitalsTest, WhatIsNoPageStaysAsItIs) {
  get("Accept: application/json\r\nAccept-Encoding: gzip\r\n");
  EXPECT_NE(attempt().head.find("Accept-Encoding: gzip"), std::string::npos);
  attempt().answer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n", false);
  attempt().owner->onAttemptBody("<head>");
  attempt().end();
  EXPECT_EQ(client.body, "<head>");
}

TEST_F(VitalsTest, ABeaconIsASignalOfItsReleaseAndNoRequest) {
  const std::string body = "1 old /orders/77123\nLCP 2600.0 navigate\nCLS 0.1000 navigate\n";
  begin("POST /.well-known/orbit/vitals HTTP/1.1\r\nHost: a.test\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n\r\n",
        false);
  exchange->onRequestBody(std::string_view(body).substr(0, 20));
  exchange->onRequestBody(std::string_view(body).substr(20));
  exchange->onRequestEnd({});
  EXPECT_EQ(client.status, 204);
  EXPECT_EQ(attempts(), 0U);
  exchange->onAnswerSent();
  ASSERT_EQ(world.signals.rows.size(), 3U);
  const auto& first = world.signals.rows[0];
  EXPECT_EQ(first.key.kind, Kind::kVital);
  EXPECT_EQ(first.key.service + " " + first.key.release + " " + first.key.instance, "app old LCP /orders/:id");
  EXPECT_EQ(first.sample.latencyUs, 2'600'000U);
  EXPECT_EQ(world.signals.rows[1].key.instance, "CLS /orders/:id");
  EXPECT_TRUE(world.signals.rows[2].sample.probe) << "Orbit's own traffic counts in no rate";
}

TEST_F(VitalsTest, AReleaseThatIsNotThereIsNotBelievedAndNeitherIsALongBeacon) {
  begin("POST /.well-known/orbit/vitals HTTP/1.1\r\nHost: a.test\r\nContent-Length: 24\r\n\r\n", false);
  exchange->onRequestBody("1 r99 /\nLCP 1 navigate\n");
  exchange->onRequestEnd({});
  EXPECT_EQ(world.signals.rows.at(0).key.release, "");
  exchange->onAnswerSent();
  client = {};
  begin("POST /.well-known/orbit/vitals HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9000\r\n\r\n", false);
  exchange->onRequestBody(std::string(5000, 'x'));
  EXPECT_EQ(client.status, 413);
  exchange->onAnswerSent();
}

TEST_F(VitalsTest, TheScriptIsServedAndOtherRoutesKnowNothingOfIt) {
  begin("GET /.well-known/orbit/vitals.js HTTP/1.1\r\nHost: a.test\r\n\r\n");
  EXPECT_EQ(client.status, 200);
  EXPECT_EQ(client.body, vitalsScript());
  exchange->onAnswerSent();
  world.table.routes[0].vitals = false;
  world.apply();
  client = {};
  begin("GET /.well-known/orbit/vitals.js HTTP/1.1\r\nHost: a.test\r\n\r\n");
  EXPECT_EQ(attempts(), 1U);
  attempt().answer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", true);
  exchange->onAnswerSent();
}

}  // namespace
}  // namespace orbit::edge
