#include "verdict/verdict.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace orbit::verdict {
namespace {

constexpr std::uint64_t kMs = 1000;

Side answers(std::uint64_t count, std::uint64_t failed = 0, std::uint64_t us = 20 * kMs) {
  Side side;
  side.attempts = count;
  side.failures[0] = failed;
  side.good = count - failed;
  // Around `us`, always the same.
  for (std::uint64_t at = 0; at < side.good; ++at) side.latency.add(us / 2 + us * (at * 7 % 16) / 16);
  return side;
}

Tick tick(Side fresh, Side old, double seconds = 1) {
  Tick tick;
  tick.seconds = seconds;
  tick.old.count = tick.fresh.count = 2;
  tick.routes.push_back({"/", std::move(old), std::move(fresh), false});
  return tick;
}

class JudgeTest : public ::testing::Test {
 protected:
  // The same tick until something is decided that is not to wait, at most so many times.
  Decision repeat(const Tick& tick, int times) {
    Decision decision;
    for (int at = 0; at < times; ++at) {
      decision = judge_.step(tick);
      shared_ = shared_ || decision.sharedFault;
      if (decision.action == Action::kRollBack) return decision;
    }
    return decision;
  }
  std::string reason(const Decision& decision) { return decision.reasons.empty() ? "" : decision.reasons.front(); }

  Judge judge_{Policy{}, {"r12", "r11"}};
  bool shared_ = false;
};

TEST_F(JudgeTest, NoRequestsIsNotJudgedAndPromotedByTime) {
  Tick quiet;
  quiet.seconds = 1;
  quiet.fresh.count = quiet.old.count = 1;
  Decision decision = repeat(quiet, 59);
  EXPECT_EQ(decision.action, Action::kKeepWatching);
  decision = repeat(quiet, 1);
  EXPECT_EQ(decision.action, Action::kPromote);
  EXPECT_EQ(decision.confidence, Confidence::kNotJudged);
  judge_.promoted();
  decision = repeat(quiet, 599);
  EXPECT_EQ(decision.action, Action::kKeepWatching);
  decision = repeat(quiet, 1);
  EXPECT_EQ(decision.action, Action::kSettle);
}

TEST_F(JudgeTest, LowTrafficIsNotEnoughYet) {
  const Decision decision = repeat(tick(answers(1), answers(9)), 60);
  EXPECT_EQ(decision.action, Action::kPromote) << "by time";
  EXPECT_EQ(decision.confidence, Confidence::kNotEnough);
}

TEST_F(JudgeTest, EnoughRequestsShowNoDifferenceAndPromoteEarly) {
  const Decision decision = repeat(tick(answers(1000), answers(9000)), 20);
  EXPECT_EQ(decision.confidence, Confidence::kNoDifference);
  EXPECT_EQ(decision.action, Action::kPromote);
}

TEST_F(JudgeTest, AnOldReleaseWithoutFailuresAndOneFailureOfTheNewIsNothing) {
  repeat(tick(answers(3, 1), answers(5)), 1);
  const Decision decision = repeat(tick(answers(3), answers(5)), 59);
  EXPECT_NE(decision.action, Action::kRollBack);
}

TEST_F(JudgeTest, OneRequestInTwentyFailsAndIsTakenBack) {
  const Decision decision = repeat(tick(answers(20, 1), answers(180)), 30);
  EXPECT_EQ(decision.action, Action::kRollBack);
  EXPECT_EQ(decision.confidence, Confidence::kWorse);
  EXPECT_LE(decision.seconds, 11);
  EXPECT_GE(decision.evidence, 1);
  EXPECT_EQ(reason(decision).substr(0, 10), "5.0 % of 1") << reason(decision);
  EXPECT_NE(reason(decision).find(" requests failed on r12, 0.0 % of 1,"), std::string::npos) << reason(decision);
  EXPECT_NE(reason(decision).find("on r11 (HTTP 5xx)"), std::string::npos) << reason(decision);
  EXPECT_EQ(repeat(tick(answers(20), answers(180)), 1).action, Action::kRollBack) << "for ever";
}

TEST_F(JudgeTest, EverythingFailsAndIsTakenBackInAboutASecond) {
  const Decision decision = repeat(tick(answers(4, 4), answers(36), 0.2), 30);
  EXPECT_EQ(decision.action, Action::kRollBack);
  EXPECT_LE(decision.seconds, 1.01);
}

TEST_F(JudgeTest, WithinTheMarginIsNoReason) {
  for (int stage = 0; stage < 2; ++stage) {
    const bool share = stage == 0;
    // 0.2 % of the old release's fail, 0.7 % of the new one's.
    const Tick seen = share ? tick(answers(1000, 7), answers(9000, 18)) : tick(answers(9000, 63), answers(1000, 2));
    EXPECT_NE(repeat(seen, share ? 60 : 600).action, Action::kRollBack);
    judge_.promoted();
  }
}

TEST_F(JudgeTest, AnImprovementIsNoReason) {
  EXPECT_NE(repeat(tick(answers(100, 1), answers(900, 270)), 60).action, Action::kRollBack);
}

TEST_F(JudgeTest, AStoppedDatabaseIsNobodysRelease) {
  repeat(tick(answers(20), answers(180)), 20);
  const Decision decision = repeat(tick(answers(20, 20), answers(180, 180)), 30);
  EXPECT_NE(decision.action, Action::kRollBack);
  EXPECT_TRUE(decision.sharedFault);
  EXPECT_FALSE(repeat(tick(answers(20), answers(180)), 10).sharedFault);
}

TEST_F(JudgeTest, InASharedFaultTheNewReleaseMayFailMore) {
  repeat(tick(answers(20), answers(180)), 20);
  EXPECT_NE(repeat(tick(answers(20, 20), answers(180, 50)), 30).action, Action::kRollBack);
  EXPECT_TRUE(shared_);
}

TEST_F(JudgeTest, WhatItDependsOnIsIllAndTheNewReleaseNoticesFirst) {
  repeat(tick(answers(20), answers(180)), 20);
  Tick seen = tick(answers(20, 20), answers(90));  // the old one's other requests still hang
  seen.dependenciesHealthy = false;
  EXPECT_NE(repeat(seen, 30).action, Action::kRollBack);
}

TEST_F(JudgeTest, FailuresWhileTheOldReleaseEndsNoRequestWaitForIt) {
  repeat(tick(answers(20), answers(180)), 20);
  EXPECT_NE(repeat(tick(answers(20, 20), Side{}), 25).action, Action::kRollBack) << "the old one's requests hang";
  EXPECT_NE(repeat(tick(answers(20, 20), answers(4500, 4500)), 1).action, Action::kRollBack);
}

TEST_F(JudgeTest, AfterPromotionTheSmallControlStillTells) {
  repeat(tick(answers(20), answers(180)), 60);
  judge_.promoted();
  const Decision decision = repeat(tick(answers(180, 9), answers(20)), 60);
  EXPECT_EQ(decision.action, Action::kRollBack);
  EXPECT_EQ(reason(decision).substr(0, 8), "5.0 % of") << reason(decision);
}

TEST_F(JudgeTest, SlowerIsTakenBackWhenItIsWarm) {
  Tick slow = tick(answers(20, 0, 60 * kMs), answers(180, 0, 20 * kMs));
  slow.fresh.youngestS = 10;
  EXPECT_NE(repeat(slow, 30).action, Action::kRollBack) << "it has just started";
  slow.fresh.youngestS = 31;
  const Decision decision = repeat(slow, 10);
  EXPECT_EQ(decision.action, Action::kRollBack);
  EXPECT_NE(reason(decision).find(" ms on r12 ("), std::string::npos) << reason(decision);
}

TEST_F(JudgeTest, ATenthSlowerIsNoReason) {
  EXPECT_NE(repeat(tick(answers(2000, 0, 22 * kMs), answers(18'000, 0, 20 * kMs)), 60).action, Action::kRollBack);
}

TEST_F(JudgeTest, UnderSuspicionItIsNotPromotedByTime) {
  double seconds = repeat(tick(answers(3), answers(27)), 58).seconds;
  Decision decision;
  do {
    decision = repeat(tick(answers(3, 1), answers(27)), 1);
    seconds = decision.seconds;
    ASSERT_LT(seconds, 70);
  } while (decision.evidence < 0.01);
  decision = repeat(tick(answers(3), answers(27)), 5);
  ASSERT_GT(decision.seconds, 60);
  EXPECT_EQ(decision.action, Action::kKeepWatching);
  for (; decision.action == Action::kKeepWatching; decision = repeat(tick(answers(3), answers(27)), 1)) {
    ASSERT_LT(decision.seconds, 181);
  }
  EXPECT_EQ(decision.action, Action::kPromote);
}

void expectGivenUp(const Decision& back) {
  EXPECT_EQ(back.action, Action::kRollBack);
  ASSERT_EQ(back.reasons.size(), 1U);
  EXPECT_NE(back.reasons[0].find("were given up by their clients before an answer on r12, 0 of"), std::string::npos)
      << back.reasons[0];
}

TEST_F(JudgeTest, ClientsThatGiveUpWaitingCountAsSlow) {
  repeat(tick(answers(20), answers(180)), 5);
  Tick left = tick(answers(20), answers(180));
  Side& fresh = left.routes[0].fresh;
  fresh.attempts += 5;
  fresh.aborted = 5;
  fresh.aborts.add(100 * kMs, 5);
  Tick early = left;
  early.routes[0].fresh.aborts = {};
  early.routes[0].fresh.aborts.add(5 * kMs, 5);
  EXPECT_NE(repeat(early, 30).action, Action::kRollBack) << "they left for reasons of their own";
  expectGivenUp(repeat(left, 30));
}

TEST_F(JudgeTest, WhatHangsIsAFailureFromTheFirstSecond) {
  repeat(tick(answers(20), answers(180)), 5);
  Tick hangs = tick(answers(13), answers(180));
  hangs.fresh.youngestS = 10;
  Side& fresh = hangs.routes[0].fresh;
  fresh.attempts += 3;
  fresh.aborted = 3;
  fresh.aborts.add(5000 * kMs, 3);
  expectGivenUp(repeat(hangs, 10));
}

TEST_F(JudgeTest, RefusalsCountWhereTheOldReleaseAnswers) {
  Side refused = answers(20);
  refused.good = 10;
  refused.refused = 10;
  const Decision decision = repeat(tick(refused, answers(180)), 20);
  EXPECT_EQ(decision.action, Action::kRollBack);
  EXPECT_NE(reason(decision).find("were refused (HTTP 4xx) on r12"), std::string::npos) << reason(decision);
}

TEST_F(JudgeTest, RefusalsOfARouteThatNobodyKnewBeforeAreNoReason) {
  Side refused = answers(20), before = answers(180);
  refused.good = 0;
  refused.refused = 20;
  before.good = 0;
  before.refused = 90;
  EXPECT_NE(repeat(tick(refused, before), 60).action, Action::kRollBack);
}

TEST_F(JudgeTest, ARouteOnlyTheNewReleaseHasIsNotCompared) {
  EXPECT_NE(repeat(tick(answers(20, 5), Side{}), 60).action, Action::kRollBack);
}

TEST_F(JudgeTest, RepeatsAndGapsAreNotWeighed) {
  Tick storm = tick(answers(20, 8), answers(180));
  storm.routes[0].fresh.repeats = 8;
  EXPECT_NE(repeat(storm, 60).action, Action::kRollBack);
  Tick gap = tick(answers(20, 20), answers(180));
  gap.routes[0].gap = true;
  EXPECT_NE(repeat(gap, 60).action, Action::kRollBack);
  EXPECT_EQ(judge_.fresh().failures, 0U);
}

TEST_F(JudgeTest, OneBadRouteOfManyIsFoundAndNamed) {
  Tick seen = tick(answers(20), answers(180));
  seen.routes.push_back({"/orders", answers(90), answers(10, 5), false});
  const Decision decision = repeat(seen, 20);
  EXPECT_EQ(decision.action, Action::kRollBack);
  EXPECT_TRUE(std::any_of(decision.reasons.begin(), decision.reasons.end(),
                          [](const std::string& each) { return each.find("of /orders failed") != std::string::npos; }));
}

TEST_F(JudgeTest, ExitsOfTheNewReleaseTakeBack) {
  Tick seen = tick(answers(2), answers(18));
  seen.fresh.exits = 1;
  EXPECT_NE(repeat(seen, 1).action, Action::kRollBack) << "one of two instances, once";
  repeat(tick(answers(2), answers(18)), 5);
  repeat(seen, 1);
  const Decision decision = repeat(tick(answers(2), answers(18)), 2);
  EXPECT_EQ(decision.action, Action::kRollBack);
  EXPECT_EQ(reason(decision), "instances (of 2) of r12 exited twice in 7 s");
}

TEST_F(JudgeTest, TheOnlyInstanceExits) {
  Tick seen = tick(answers(2), answers(18));
  seen.fresh.count = 1;
  Tick exit = seen;
  exit.fresh.exits = 1;
  repeat(exit, 1);
  const Decision decision = repeat(seen, 2);
  EXPECT_EQ(decision.action, Action::kRollBack);
  EXPECT_EQ(reason(decision), "the instance of r12 exited once in 1 s");
}

TEST_F(JudgeTest, ExitsOfBothAreTheMachines) {
  Tick seen = tick(answers(2), answers(18), 0.2);
  seen.fresh.exits = 2;
  repeat(seen, 1);
  seen.fresh.exits = 0;
  seen.old.exits = 2;  // seen a moment later
  EXPECT_NE(repeat(seen, 1).action, Action::kRollBack);
  seen.old.exits = 0;
  EXPECT_NE(repeat(seen, 20).action, Action::kRollBack);
}

TEST_F(JudgeTest, RunningOutOfMemoryOnceIsEnough) {
  Tick seen = tick(answers(2), answers(18));
  seen.fresh.oomKills = seen.fresh.exits = 1;
  const Decision decision = repeat(seen, 1);
  EXPECT_EQ(decision.action, Action::kRollBack);
  EXPECT_EQ(reason(decision), "an instance of r12 was killed because it ran out of memory");
}

TEST_F(JudgeTest, ProbesThatFailAtBothReleasesAreSharedFaults) {
  Tick seen = tick(answers(2), answers(18));
  seen.fresh.failing = seen.old.failing = 2;
  EXPECT_NE(repeat(seen, 30).action, Action::kRollBack);
  EXPECT_TRUE(shared_);
  seen.old.failing = 1;
  const Decision decision = repeat(seen, 3);
  EXPECT_EQ(decision.action, Action::kRollBack);
  EXPECT_EQ(reason(decision), "no instance of r12 passes its own probe, for 3 s; those of r11 do");
}

TEST(JudgeAlone, OnlyAbsoluteEvidenceCounts) {
  Judge judge(Policy{}, {"r12", "r11"}, Stage::kPromoted);
  Tick half = tick(answers(20, 10), Side{});
  half.old.count = 0;
  for (int at = 0; at < 60; ++at) EXPECT_EQ(judge.step(half).action, Action::kKeepWatching);
  Tick all = tick(answers(20, 20), Side{});
  all.old.count = 0;
  all.dependenciesHealthy = false;
  for (int at = 0; at < 60; ++at) EXPECT_EQ(judge.step(all).action, Action::kKeepWatching) << "the database's fault";
  all.dependenciesHealthy = true;
  Judge copy = judge;  // plain data
  Decision decision;
  for (int at = 0; at < 10; ++at) decision = judge.step(all);
  EXPECT_EQ(decision.action, Action::kRollBack);
  for (int at = 0; at < 10; ++at) decision = copy.step(all);
  EXPECT_EQ(decision.action, Action::kRollBack);
  EXPECT_EQ(decision.reasons.front().substr(0, 7), "all of ") << decision.reasons.front();
}

TEST(JudgeAlone, OneBurstAndThenSilenceIsNotForAWhile) {
  Judge judge(Policy{}, {"r12", ""}, Stage::kPromoted);
  Tick burst = tick(answers(50, 50), Side{});
  burst.old.count = 0;
  judge.step(burst);
  burst.routes.clear();
  for (int at = 0; at < 30; ++at) EXPECT_EQ(judge.step(burst).action, Action::kKeepWatching);
}

TEST_F(JudgeTest, WithAControlOneClientsRetriesAreNoReason) {
  Tick storm = tick(answers(20, 20), answers(40));
  storm.routes[0].fresh.repeats = 20;
  EXPECT_NE(repeat(storm, 60).action, Action::kRollBack);
}

TEST(JudgeAlone, OneClientThatTriesAgainAndAgainNeedsLonger) {
  Judge judge(Policy{}, {"r12", ""}, Stage::kPromoted);
  Tick all = tick(answers(5, 5), Side{});
  all.old.count = 0;
  all.routes[0].fresh.repeats = 5;
  Decision decision;
  for (int at = 0; at < 25; ++at) EXPECT_EQ(judge.step(all).action, Action::kKeepWatching);
  for (int at = 0; at < 10; ++at) decision = judge.step(all);
  EXPECT_EQ(decision.action, Action::kRollBack);
}

TEST(Side, OfCountersTellsHowItFailed) {
  using signal::Outcome;
  signal::Counters counters;
  counters.byClass = {4, 0, 90, 2, 3, 5};  // four without an answer
  counters.byOutcome[static_cast<std::size_t>(Outcome::kConnectFailed)] = 1;
  counters.byOutcome[static_cast<std::size_t>(Outcome::kTimeout)] = 1;
  counters.byOutcome[static_cast<std::size_t>(Outcome::kShielded)] = 3;  // two of them 5xx, one without an answer
  counters.byOutcome[static_cast<std::size_t>(Outcome::kClientAborted)] = 1;
  counters.errors = 8;
  const Side side = sideOf(counters, {});
  EXPECT_EQ(side.attempts, 104U);
  EXPECT_EQ(side.good, 92U);
  EXPECT_EQ(side.refused, 3U);
  EXPECT_EQ(side.aborted, 1U);
  EXPECT_EQ(side.failed(), 8U);
  const std::array<std::uint64_t, kFailureKinds> kinds = {5, 1, 1, 0, 0, 1};
  EXPECT_EQ(side.failures, kinds);
}

class RepeatsTest : public ::testing::Test {
 protected:
  bool attempt(std::uint64_t client, std::uint64_t path, int status, double atS) {
    signal::Record record;
    record.kind = signal::Key::Kind::kAttempt;
    record.clientHash = client;
    record.pathHash = path;
    record.sample.status = status;
    record.wallUs = static_cast<std::int64_t>(atS * 1e6);
    return repeats_.add(record);
  }
  Repeats repeats_;
};

TEST_F(RepeatsTest, ARetryRepeatsUntilItWorks) {
  EXPECT_FALSE(attempt(1, 7, 500, 1));
  EXPECT_TRUE(attempt(1, 7, 500, 2));
  EXPECT_FALSE(attempt(1, 8, 500, 2)) << "another path";
  EXPECT_FALSE(attempt(2, 7, 500, 2)) << "another client";
  EXPECT_FALSE(attempt(1, 7, 200, 3));
  EXPECT_FALSE(attempt(1, 7, 500, 4)) << "it had worked in between";
  EXPECT_TRUE(attempt(1, 7, 500, 60)) << "less than a minute later";
  EXPECT_FALSE(attempt(1, 7, 500, 121)) << "much later";
}

TEST_F(RepeatsTest, StaysBounded) {
  for (std::uint64_t client = 0; client < 100'000; ++client) {
    EXPECT_FALSE(attempt(client, 7, 500, 1 + static_cast<double>(client) / 1e5));
  }
  EXPECT_TRUE(attempt(99'999, 7, 500, 3));
}

}  // namespace
}  // namespace orbit::verdict
