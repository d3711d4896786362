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

struct Fat : Bed {
  Fat() {
    settings.rules.push_back({"fat", "", "memory_bytes", true, 1000, std::chrono::minutes(1), {}});
    settings.services["db"].routed = false;
    alerts.configure(settings, nowUs);
    for (int i = 0; i < 4; ++i) {
      alerts.measure(web, "memory_bytes", 2000, nowUs);
      alerts.observeRunning({web}, nowUs);
      pass(60, 0);
    }
    EXPECT_TRUE(fires("own fat of web"));
  }
  std::string lastClear() const {
    std::string text;
    for (const Moment& moment : incident().timeline) {
      if (startsWith(moment.text, "own fat of web is over")) text = moment.text;
    }
    return text;
  }
};

TEST(OwnRules, AreOverWhenTheirContainersAreGone) {
  Fat bed;
  bed.pass(60, 0, 20);
  EXPECT_TRUE(bed.fires("own fat of web")) << "not measured is not gone";
  for (int i = 0; i < 10; ++i) {
    bed.alerts.observeRunning({{"shop", "production", "db"}}, bed.nowUs);
    bed.pass(60, 0);
    if (i == 2) {
      EXPECT_TRUE(bed.fires("own fat of web")) << "a deploy may be under way";
    }
  }
  EXPECT_FALSE(bed.fires("own fat of web"));
  EXPECT_EQ(bed.lastClear(), "own fat of web is over: its containers are gone");
  EXPECT_FALSE(bed.incident().open());
}

TEST(OwnRules, AreOverWhenTheRuleOrTheServiceIsGone) {
  Fat rule;
  rule.settings.rules.clear();
  rule.alerts.configure(rule.settings, rule.nowUs);
  EXPECT_EQ(rule.lastClear(), "own fat of web is over: no rule asks for it any more");
  Fat other;
  other.settings.rules[0].service = "db";
  other.alerts.configure(other.settings, other.nowUs);
  EXPECT_FALSE(other.fires("own fat of web")) << "it is about another service now";
  Fat same;
  same.settings.rules[0].value = 1500;
  same.alerts.configure(same.settings, same.nowUs);
  EXPECT_TRUE(same.fires("own fat of web")) << "the next look judges it";
  Fat service;
  service.settings.services.erase("web");
  service.alerts.configure(service.settings, service.nowUs);
  EXPECT_EQ(service.lastClear(), "own fat of web is over: its service is gone");
}

TEST(Rules, AnObjectiveThatIsTakenOutEndsItsAlert) {
  Bed bed;
  bed.pass(300, 0, 10);
  bed.pass(300, 300, 4);
  bed.alerts.set({.key = {bed.web, "probe", ""}, .bad = true, .why = "HTTP 503"}, bed.nowUs);
  bed.judge();
  ASSERT_TRUE(bed.fires("outage of web"));
  bed.settings.services["web"].objectives.uptimePercent.on = false;
  bed.settings.services["web"].objectives.errorPercent.on = false;
  bed.alerts.configure(bed.settings, bed.nowUs);
  EXPECT_FALSE(bed.fires("outage of web"));
  EXPECT_FALSE(bed.fires("errors of web"));
  EXPECT_FALSE(bed.fires("probe of web"));
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
