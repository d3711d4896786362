// Each row of the table, raised and resolved; and what must not raise.
#include <gtest/gtest.h>

#include "alert/alert_fixture.h"
#include "alert/limits.h"
#include "alert/share.h"

namespace orbit::alert {
namespace {

using Names = std::vector<std::string>;
using Event = model::Notice::Event;

TEST(Share, ChanceOfMatchesTheBinomial) {
  EXPECT_NEAR(chanceOf(1, 1, 0.25), 0.25, 1e-12);
  EXPECT_NEAR(chanceOf(2, 2, 0.25), 0.0625, 1e-12);
  EXPECT_NEAR(chanceOf(8, 10, 0.5), 56.0 / 1024, 1e-12);
  EXPECT_DOUBLE_EQ(chanceOf(0, 10, 0.5), 1);
  EXPECT_DOUBLE_EQ(chanceOf(1, 100, 0.01), 1) << "not above the mean";
}

TEST(Share, NeedsRequestsFailuresAndClients) {
  EXPECT_TRUE(certainlyBeyond(30, 600, 0.01, 2, 4));
  EXPECT_FALSE(certainlyBeyond(20, 29, 0.01, 2, 4)) << "too few requests";
  EXPECT_FALSE(certainlyBeyond(4, 30, 0.01, 2, 4)) << "too few failures";
  EXPECT_FALSE(certainlyBeyond(30, 600, 0.01, 1, 4)) << "one client's own trouble";
  EXPECT_TRUE(certainlyBeyond(30, 600, 0.01, 1, 1)) << "only one client is seen";
  EXPECT_FALSE(certainlyBeyond(9, 40, 0.01, 1, 1)) << "of one client ten are asked";
  EXPECT_FALSE(certainlyBeyond(8, 600, 0.01, 2, 4)) << "may be chance";
}

TEST(Rules, ErrorsRaiseWithinTwoMinutesAndResolve) {
  Bed bed;
  bed.pass(300, 0, 10);
  const std::int64_t began = bed.nowUs;
  while (bed.notices.empty() && bed.nowUs - began < 10 * kHalfMinute) bed.pass(300, 15);
  ASSERT_FALSE(bed.notices.empty());
  EXPECT_LE(bed.notices.front().atUs - began, 120 * kSecond);
  EXPECT_EQ(bed.notices.front().event, Event::kOpened);
  EXPECT_EQ(bed.notices.front().severity, model::Severity::kCritical);
  EXPECT_TRUE(bed.fires("errors of web"));
  bed.pass(300, 0, 60);
  EXPECT_EQ(bed.firing(), Names());
  EXPECT_FALSE(bed.incident().open());
  EXPECT_EQ(bed.notices.back().event, Event::kResolved);
  EXPECT_EQ(bed.notices.back().incident, bed.notices.front().incident);
}

TEST(Rules, LatencyRowsRaiseAndResolve) {
  for (const bool median : {true, false}) {
    Bed bed;
    bed.pass(300, 0, 10);
    const std::int64_t began = bed.nowUs;
    while (bed.notices.empty() && bed.nowUs - began < 10 * kHalfMinute) {
      bed.pass(median ? bed.window(300, 0, 290) : bed.window(300, 0, 15, 15));
    }
    ASSERT_FALSE(bed.notices.empty());
    EXPECT_LE(bed.notices.front().atUs - began, 120 * kSecond);
    EXPECT_TRUE(bed.fires(median ? "latency_p50 of web" : "latency_p99 of web"));
    bed.pass(300, 0, 60);
    EXPECT_EQ(bed.firing(), Names());
  }
}

TEST(Rules, AnOutageHasTheOthersUnderIt) {
  Bed bed;
  bed.pass(60, 0, 10);
  bed.pass(60, 60, 4);
  EXPECT_TRUE(bed.fires("outage of web"));
  for (const auto& [key, alert] : bed.alerts.alerts()) {
    if (alert.state != Alert::State::kFiring || key.rule == "outage") continue;
    EXPECT_EQ(alert.under, "outage of web");
  }
  EXPECT_EQ(bed.alerts.incidents().size(), 1U);
  EXPECT_EQ(bed.notices.size(), 1U);
  EXPECT_NE(bed.notices.front().title.find("outage of web"), std::string::npos);
}

TEST(Rules, OneBadWindowIsNotTwo) {
  Bed bed;
  bed.pass(300, 0, 10);
  bed.pass(300, 60);
  bed.pass(300, 0, 10);
  EXPECT_TRUE(bed.notices.empty());
  EXPECT_TRUE(bed.alerts.incidents().empty());
}

TEST(Rules, OneClientsFailuresAmongManyAreItsOwn) {
  Bed bed;
  for (int i = 0; i < 20; ++i) {
    Window one = bed.window(300, 30);
    one.errors.clients = {7};
    bed.pass(std::move(one));
  }
  EXPECT_EQ(bed.firing(), Names());
}

TEST(Rules, OneClientIsAtMostHalfOfTheEvidence) {
  Bed bed;
  for (int i = 0; i < 7 * 120; ++i) {
    Window one = bed.window(300, i % 3 == 0 ? 32 : 30);
    one.errors.ofOne = 30;
    bed.pass(std::move(one));
  }
  EXPECT_EQ(bed.firing(), Names()) << "neither at once nor over hours";
}

TEST(Rules, AGapRaisesNothingAndResolvesNothing) {
  Bed bed;
  bed.pass(300, 0, 10);
  bed.gap(20);
  EXPECT_TRUE(bed.alerts.incidents().empty());
  bed.pass(300, 30, 3);
  EXPECT_TRUE(bed.fires("errors of web"));
  bed.gap(40);
  EXPECT_TRUE(bed.fires("errors of web")) << "not seen is not well";
  EXPECT_TRUE(bed.incident().open());
}

TEST(Rules, AShortGapBetweenBadWindowsIsPassedOver) {
  Bed bed;
  bed.pass(300, 0, 10);
  bed.pass(300, 30);
  bed.gap();
  bed.pass(300, 30);
  EXPECT_TRUE(bed.fires("errors of web"));
}

TEST(Rules, BadWindowsFarApartAreNoRow) {
  Bed bed;
  bed.pass(300, 0, 10);
  bed.pass(300, 30);
  bed.gap(2);
  bed.pass(300, 30);
  EXPECT_FALSE(bed.fires("errors of web"));
}

TEST(Rules, ARestartForgetsNoBadWindow) {
  Bed bed;
  bed.pass(300, 0, 10);
  bed.pass(300, 30);
  auto texts = bed.alerts.countTexts();
  texts.merge(bed.alerts.texts());
  bed.alerts = Alerts();
  bed.alerts.configure(bed.settings, bed.nowUs);
  bed.alerts.restore(texts);
  bed.gap();
  bed.pass(300, 30);
  EXPECT_TRUE(bed.fires("errors of web"));
}

TEST(Rules, TrafficThatStopsIsToldWhenItWasSteady) {
  Bed bed;
  bed.pass(40, 0, 130);
  bed.pass(0, 0, 4);
  EXPECT_TRUE(bed.fires("traffic of web"));
  bed.pass(40, 0, 1);
  EXPECT_FALSE(bed.fires("traffic of web"));
}

TEST(Rules, TrafficThatComesAndGoesMayStop) {
  Bed bed;
  for (int i = 0; i < 130; ++i) bed.pass(i % 10 == 0 ? 0 : 40, 0);
  bed.pass(0, 0, 20);
  EXPECT_TRUE(bed.alerts.incidents().empty());
}

TEST(Rules, AGapIsNoSilence) {
  Bed bed;
  bed.pass(40, 0, 130);
  bed.gap(10);
  EXPECT_TRUE(bed.alerts.incidents().empty());
}

TEST(Rules, SlowHarmBurnsTheBudget) {
  Bed bed;
  // 0.7 % of 20 requests a second: below the absolute rule, seven times what 99.9 % allows.
  for (int i = 0; i < 7 * 120 && bed.notices.empty(); ++i) bed.pass(600, 4 + static_cast<std::uint64_t>(i % 2 == 0));
  ASSERT_FALSE(bed.notices.empty());
  EXPECT_TRUE(bed.fires("errors_burn_6h of web"));
  EXPECT_FALSE(bed.fires("errors of web"));
  bed.pass(600, 0, 130);
  EXPECT_FALSE(bed.fires("errors_burn_6h of web")) << "the short window resolves it";
}

TEST(Rules, AQuietServicesSingleFailureIsNothing) {
  Bed bed;
  for (int hour = 0; hour < 48; ++hour) {
    for (int i = 0; i < 120; ++i) bed.pass(i % 12 == 0 ? 1 : 0, i == 60 && hour % 6 == 0 ? 1 : 0);
  }
  EXPECT_TRUE(bed.alerts.incidents().empty());
}

TEST(Rules, ScatteredDownMinutesAreUptime) {
  Bed bed;
  for (int minute = 0; minute < 60; ++minute) {
    bed.pass(60, 0, 2);
    bed.alerts.observeMinute(bed.web, bed.nowUs, minute % 20 != 19);
    bed.judge();
    if (minute == 19) {
      EXPECT_FALSE(bed.fires("uptime of web")) << "one minute of 200 is the promise";
    }
    if (minute == 39) {
      EXPECT_TRUE(bed.fires("uptime of web"));
    }
  }
}

// As the daemon tells it: `minutes` of it are over just now.
Outage awayFor(const Bed& bed, int minutes, bool known = true) {
  return {.fromUs = bed.nowUs - minutes * 60 * kSecond,
          .toUs = bed.nowUs,
          .reason = known ? "the machine or Orbit was away" : "Orbit was stopped",
          .known = known};
}

ObjectiveRow uptimeOf(const Bed& bed) {
  const auto rows = bed.alerts.objectives(bed.nowUs);
  return *std::find_if(rows.begin(), rows.end(), [](const ObjectiveRow& row) { return row.name == "uptime"; });
}

void upFor(Bed& bed, int minutes) {
  for (int minute = 0; minute < minutes; ++minute) {
    bed.pass(60, 0, 2);
    bed.alerts.observeMinute(bed.web, bed.nowUs, true);
    bed.judge();
  }
}

TEST(Uptime, AwayIsDownAndToldOnceAndOver) {
  Bed bed;
  upFor(bed, 57);
  bed.nowUs += 3 * 60 * kSecond + 20 * kSecond;
  bed.alerts.away({bed.web}, awayFor(bed, 3), bed.nowUs);
  EXPECT_NEAR(uptimeOf(bed).now.value_or(0), 95, 0.01) << "3 of 60 minutes";
  ASSERT_EQ(uptimeOf(bed).outages.size(), 1U);
  EXPECT_EQ(uptimeOf(bed).outages[0].reason, "the machine or Orbit was away");
  upFor(bed, 15);
  ASSERT_EQ(bed.alerts.incidents().size(), 1U);
  EXPECT_FALSE(bed.incident().open());
  EXPECT_LE(bed.incident().resolvedUs - bed.incident().openedUs, 60 * kSecond);
  ASSERT_EQ(bed.notices.size(), 2U) << "that it was, and that it is over; no uptime, no traffic beside it";
  EXPECT_NE(bed.notices[0].title.find("the machine or Orbit was away from 2027-"), std::string::npos);
  EXPECT_NE(bed.notices[0].title.find("3 minutes count as down"), std::string::npos);
  EXPECT_EQ(bed.notices[1].event, Event::kResolved);
}

TEST(Uptime, AMinuteAwayIsListedAndNobodyIsTold) {
  Bed bed;
  upFor(bed, 9);
  bed.nowUs += 60 * kSecond;
  bed.alerts.away({bed.web}, awayFor(bed, 1), bed.nowUs);
  bed.judge();
  EXPECT_NEAR(uptimeOf(bed).now.value_or(0), 90, 0.01);
  EXPECT_TRUE(bed.alerts.incidents().empty());
}

TEST(Uptime, StoppedIsNeitherUpNorDown) {
  Bed bed;
  upFor(bed, 9);
  bed.nowUs += 60 * 60 * kSecond;
  bed.alerts.away({bed.web}, awayFor(bed, 60, false), bed.nowUs);
  bed.judge();
  EXPECT_EQ(uptimeOf(bed).now, 100);
  ASSERT_EQ(uptimeOf(bed).outages.size(), 1U);
  EXPECT_FALSE(uptimeOf(bed).outages[0].known);
  EXPECT_TRUE(bed.alerts.incidents().empty());
}

TEST(Uptime, AwayForDaysCountsEachMinuteOnce) {
  Bed bed;
  bed.nowUs += 2 * 24 * 60 * 60 * kSecond;
  bed.alerts.away({bed.web}, awayFor(bed, 2 * 24 * 60), bed.nowUs);
  constexpr double kMayBeDown = 43.2;  // minutes of 30 days at 99.9 %
  bed.alerts.observeMinute(bed.web, bed.nowUs, true);
  EXPECT_NEAR(uptimeOf(bed).now.value_or(1), 100.0 / (24 * 60), 0.005) << "one minute was up of about the last day";
  EXPECT_NEAR(uptimeOf(bed).budgetLeft.value_or(1), 1 - (2880.0 / 2881) * 30 * 24 * 60 / kMayBeDown, 0.01);
}

TEST(Uptime, WhatHasNoObjectiveWasNotAway) {
  Bed bed;
  bed.settings.services["web"].objectives.uptimePercent.on = false;
  bed.settings.services["db"].routed = false;
  bed.alerts.configure(bed.settings, bed.nowUs);
  bed.alerts.away({bed.web, {"shop", "production", "db"}, {"shop", "staging", "web"}}, awayFor(bed, 60), bed.nowUs);
  bed.judge();
  EXPECT_TRUE(bed.alerts.incidents().empty());
  EXPECT_FALSE(bed.alerts.texts().contains("outages/shop/production/web"));
}

TEST(Uptime, AnOutageIsFromItsFirstMinuteToItsLastOverRestarts) {
  Bed bed;
  const auto minute = [&](bool up, const std::string& why) {
    bed.nowUs += 60 * kSecond;
    bed.alerts.observeMinute(bed.web, bed.nowUs, up, why);
    const auto texts = bed.alerts.texts();
    bed.alerts = Alerts();
    bed.alerts.configure(bed.settings, bed.nowUs);
    bed.alerts.restore(texts);
  };
  minute(true, "");
  const std::int64_t fromUs = bed.nowUs;
  minute(false, "no answer: refused");
  EXPECT_TRUE(uptimeOf(bed).outages.at(0).ongoing);
  minute(false, "each of 12 requests failed");
  minute(true, "");
  minute(false, "no answer: HTTP 503");
  const auto outages = uptimeOf(bed).outages;
  ASSERT_EQ(outages.size(), 2U);
  EXPECT_EQ(outages[0].reason, "no answer: HTTP 503") << "the newest first";
  EXPECT_EQ(outages[1].reason, "no answer: refused");
  EXPECT_EQ(outages[1].fromUs, fromUs);
  EXPECT_EQ(outages[1].toUs, fromUs + 2 * 60 * kSecond);
  EXPECT_FALSE(outages[1].ongoing);
}

TEST(Uptime, OutagesAreKeptFor30DaysAndHaveALimit) {
  Bed bed;
  for (int i = 0; i < 200; ++i) {
    bed.nowUs += 20 * 60 * kSecond;
    bed.alerts.observeMinute(bed.web, bed.nowUs, false, "x");
  }
  EXPECT_EQ(uptimeOf(bed).outages.size(), kOutagesMax);
  bed.nowUs += kBudgetUs + kSecond;
  EXPECT_TRUE(uptimeOf(bed).outages.empty());
}

Window views(const Bed& bed, std::vector<double> lcpMs) {
  Window one = bed.window(300, 0);
  one.lcpMs = std::move(lcpMs);
  return one;
}

TEST(Rules, SlowPagesAreToldWithinTwoMinutesAndAreOver) {
  Bed bed;
  bed.pass(views(bed, std::vector<double>(20, 900)));
  const std::int64_t began = bed.nowUs;
  while (bed.notices.empty() && bed.nowUs - began < 10 * kHalfMinute)
    bed.pass(views(bed, std::vector<double>(5, 3100)));
  ASSERT_FALSE(bed.notices.empty());
  EXPECT_LE(bed.notices.front().atUs - began, 120 * kSecond);
  EXPECT_TRUE(bed.fires("lcp of web"));
  EXPECT_EQ(bed.notices.front().severity, model::Severity::kWarning);
  for (int i = 0; i < 10; ++i) bed.pass(views(bed, std::vector<double>(5, 900)));
  EXPECT_FALSE(bed.fires("lcp of web"));
  EXPECT_EQ(bed.notices.back().event, Event::kResolved);
}

TEST(Rules, PagesAreJudgedAtThe75thPercentileOfTenViewsAtLeast) {
  Bed bed;
  bed.pass(views(bed, std::vector<double>(9, 9000)));
  EXPECT_FALSE(bed.fires("lcp of web")) << "nine views are too few";
  Bed quarter;
  for (int i = 0; i < 40; ++i) quarter.pass(views(quarter, {9000, 900, 900, 900}));
  EXPECT_FALSE(quarter.fires("lcp of web")) << "a quarter may be slow";
  const auto rows = quarter.alerts.objectives(quarter.nowUs);
  const auto row = std::find_if(rows.begin(), rows.end(), [](const ObjectiveRow& one) { return one.name == "lcp"; });
  ASSERT_NE(row, rows.end());
  EXPECT_EQ(row->now, 900);
  EXPECT_EQ(row->alert, 2500);
}

TEST(Rules, SlowPagesStaySoWhileNobodyLooksAndOverRestarts) {
  Bed bed;
  bed.pass(views(bed, std::vector<double>(12, 4000)));
  EXPECT_TRUE(bed.fires("lcp of web"));
  auto texts = bed.alerts.countTexts();
  texts.merge(bed.alerts.texts());
  bed.alerts = Alerts();
  bed.alerts.configure(bed.settings, bed.nowUs);
  bed.alerts.restore(texts);
  bed.pass(300, 0, 60);
  EXPECT_TRUE(bed.fires("lcp of web")) << "no view is no fast view";
  bed.nowUs += 24 * 3600 * kSecond;
  bed.pass(300, 0, 4);
  EXPECT_FALSE(bed.fires("lcp of web")) << "of a day ago";
}

TEST(Rules, AnOwnRuleOfWhatIsMeasuredEndsWithTheMeasuring) {
  Bed bed;
  bed.settings.rules.push_back({"fat", "web", "memory_bytes", true, 1000, std::chrono::minutes(1), {}});
  bed.settings.rules.push_back({"fat for long", "web", "memory_bytes", true, 1000, std::chrono::minutes(5), {}});
  bed.alerts.configure(bed.settings, bed.nowUs);
  for (int i = 0; i < 4; ++i) {
    bed.alerts.measure(bed.web, "memory_bytes", 2000, bed.nowUs);
    bed.pass(60, 0);
  }
  EXPECT_TRUE(bed.fires("own fat of web"));
  bed.alerts.measure(bed.web, "memory_bytes", 500, bed.nowUs);
  bed.pass(60, 0);
  EXPECT_FALSE(bed.fires("own fat of web"));
  bed.alerts.measure(bed.web, "memory_bytes", 2000, bed.nowUs);
  bed.pass(60, 0, 20);
  EXPECT_FALSE(bed.fires("own fat for long of web")) << "the container is gone: nothing is known";
}

TEST(Rules, OwnRuleHoldsForItsSpan) {
  Bed bed;
  bed.settings.rules.push_back({"busy", "", "requests_per_minute", true, 1000, std::chrono::minutes(2), {}});
  bed.alerts.configure(bed.settings, bed.nowUs);
  bed.pass(600, 0, 3);
  EXPECT_FALSE(bed.fires("own busy of web"));
  bed.pass(600, 0, 5);
  EXPECT_TRUE(bed.fires("own busy of web"));
  bed.pass(60, 0, 3);
  EXPECT_FALSE(bed.fires("own busy of web"));
}

TEST(Rules, AnObjectiveThatIsOffIsNotTold) {
  Bed bed;
  bed.settings.services["web"].objectives.errorPercent.on = false;
  bed.alerts.configure(bed.settings, bed.nowUs);
  bed.pass(300, 100, 10);
  EXPECT_FALSE(bed.fires("errors of web"));
}

}  // namespace
}  // namespace orbit::alert
