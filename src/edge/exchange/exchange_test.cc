// The way of a request, without a socket: whom it asks, what the client gets, and what is counted (decision 14).
#include "edge/exchange/exchange_fixture.h"

namespace orbit::edge {
namespace {

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

TEST_F(ExchangeTest, OrbitsOwnRequestsCountInNoRateAndTheirKeyGoesNowhere) {
  world.table.probeKey = "0123abcd";
  world.apply();
  const auto isProbe = [this](std::uint8_t first, const std::string& key) {
    facts.peer.family = net::PeerAddress::Family::kV4;
    facts.peer.bytes[12] = first;
    get("X-Forwarded-Orbit-Probe: " + key + "\r\n");
    EXPECT_EQ(attempt().head.find(key), std::string::npos) << attempt().head;
    attempt().answer(kOk, false);
    attempt().end();
    exchange->onAnswerSent();
    const auto& rows = world.signals.rows;
    EXPECT_EQ(rows.back().sample.probe, rows[rows.size() - 2].sample.probe) << "attempt and request alike";
    return rows.back().sample.probe;
  };
  EXPECT_TRUE(isProbe(127, "0123abcd"));
  EXPECT_FALSE(isProbe(127, "0123abce"));
  EXPECT_FALSE(isProbe(203, "0123abcd")) << "from elsewhere nobody is believed";
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

TEST_F(ExchangeTest, ARequestsRecordBringsTheAttemptThatAnsweredIt) {
  get();
  attempt().answer("HTTP/1.1 204 No Content\r\n\r\n", true);
  EXPECT_TRUE(world.signals.records.empty());
  exchange->onAnswerSent();
  ASSERT_EQ(world.signals.records.size(), 1U);
  const signal::Record& record = world.signals.records[0];
  EXPECT_EQ(record.kind, signal::Key::Kind::kRequest);
  EXPECT_EQ(world.signals.keys.at(record.series).kind, signal::Key::Kind::kRequest);
  EXPECT_EQ(world.signals.keys.at(record.attempt.series).kind, signal::Key::Kind::kAttempt);
  EXPECT_EQ(record.attempt.status, 204);
  EXPECT_EQ(record.clientHash, facts.peer.clientHash(world.worker.hashSeed()));
}

TEST_F(ExchangeTest, AnAttemptThatFailedIsRecordedAtOnce) {
  get();
  attempt().answer("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", true);
  ASSERT_EQ(world.signals.records.size(), 1U);
  exchange->onAnswerSent();
  ASSERT_EQ(world.signals.records.size(), 2U);
  const std::uint64_t hash = facts.peer.clientHash(world.worker.hashSeed());
  EXPECT_EQ(world.signals.records[0].kind, signal::Key::Kind::kAttempt);
  EXPECT_EQ(world.signals.records[0].sample.status, 500);
  EXPECT_EQ(world.signals.records[0].clientHash, hash);
  EXPECT_FALSE(world.signals.records[1].attempt.answered);
  EXPECT_EQ(world.signals.records[1].clientHash, hash);
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

}  // namespace
}  // namespace orbit::edge
