// Minutes that were down, seen or not, and the list of outages.
#include <gtest/gtest.h>

#include <algorithm>

#include "alert/alert_fixture.h"
#include "alert/limits.h"

namespace orbit::alert {
namespace {

using Event = model::Notice::Event;

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
  EXPECT_NEAR(uptimeOf(bed).budgetLeft.value_or(1), 1 - 2880 / kMayBeDown, 0.01);
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

}  // namespace
}  // namespace orbit::alert
