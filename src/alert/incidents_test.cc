// How alerts become incidents, and what people are told of them.
#include <gtest/gtest.h>

#include "alert/alert_fixture.h"
#include "alert/limits.h"

namespace orbit::alert {
namespace {

using Event = model::Notice::Event;

struct Two : Bed {
  Two() {
    settings.services["db"].routed = false;
    settings.services["web"].after = {"db"};
    alerts.configure(settings, nowUs);
  }
  void exit(const std::string& service) {
    alerts.happened({Happening::Kind::kExit, {"shop", "production", service}, "", "it ended"}, nowUs);
  }
};

TEST(Incidents, DependantsStayQuietUnderTheirCause) {
  Two bed;
  bed.pass(300, 0, 10);
  for (int i = 0; i < 3; ++i) bed.exit("db");
  bed.pass(300, 100, 3);
  ASSERT_EQ(bed.alerts.incidents().size(), 1U);
  EXPECT_TRUE(bed.fires("errors of web"));
  for (const auto& [key, alert] : bed.alerts.alerts()) {
    if (key.rule != "errors") continue;
    EXPECT_EQ(alert.under, "crash_loop of db");
  }
  EXPECT_EQ(bed.notices.size(), 1U) << "the crash loop is told; what follows of it is not";
}

TEST(Incidents, TwoExitsAreNoLoop) {
  Two bed;
  bed.exit("web");
  bed.exit("web");
  bed.pass(60, 0, 30);
  bed.exit("web");
  EXPECT_TRUE(bed.alerts.incidents().empty());
}

TEST(Incidents, TheTimelineSaysWhatShipped) {
  Bed bed;
  bed.pass(300, 0, 4);
  bed.alerts.happened({Happening::Kind::kShipped, {"shop", "production", ""}, "r12", "r12 is live"}, bed.nowUs);
  bed.pass(300, 30, 3);
  ASSERT_EQ(bed.alerts.incidents().size(), 1U);
  EXPECT_EQ(bed.incident().timeline.front().text, "r12 is live");
  bed.alerts.happened({Happening::Kind::kTakenBack, {"shop", "production", ""}, "r12", "r12 was taken back"},
                      bed.nowUs);
  EXPECT_EQ(bed.alerts.incidents().size(), 1U) << "it belongs to what it explains";
}

TEST(Incidents, ATakenBackReleaseIsOverByItself) {
  Bed bed;
  bed.alerts.happened(
      {Happening::Kind::kTakenBack, {"shop", "production", ""}, "r12", "r12 was taken back: 5 % failed"}, bed.nowUs);
  bed.pass(300, 0, 2);
  ASSERT_EQ(bed.notices.size(), 1U);
  EXPECT_NE(bed.notices[0].title.find("r12 was taken back"), std::string::npos);
  bed.pass(300, 0, 25);
  EXPECT_FALSE(bed.incident().open());
}

TEST(Incidents, WhatComesAgainIsTheSameIncidentAndNeedsCalm) {
  Bed bed;
  bed.pass(300, 0, 4);
  bed.pass(300, 30, 3);
  bed.pass(300, 0, 5);
  EXPECT_FALSE(bed.incident().open());
  bed.pass(300, 30, 3);
  ASSERT_EQ(bed.alerts.incidents().size(), 1U);
  EXPECT_TRUE(bed.incident().open());
  EXPECT_EQ(bed.incident().reopened, 1);
  bed.pass(300, 0, 6);
  EXPECT_TRUE(bed.incident().open()) << "some calm first";
  bed.pass(300, 0, 12);
  EXPECT_FALSE(bed.incident().open());
  for (const auto& notice : bed.notices) EXPECT_EQ(notice.incident, bed.incident().id);
}

TEST(Incidents, AcknowledgedIsNotRepeated) {
  Bed bed;
  bed.alerts.~Alerts();
  new (&bed.alerts) Alerts([](const Incident&) { return Duration(std::chrono::hours(1)); });
  bed.alerts.configure(bed.settings, bed.nowUs);
  bed.pass(300, 0, 4);
  bed.pass(300, 30, 130);
  ASSERT_EQ(bed.notices.size(), 2U);
  EXPECT_EQ(bed.notices[1].event, Event::kRepeated);
  ASSERT_TRUE(bed.alerts.acknowledge(bed.incident().id, "ann", bed.nowUs).ok());
  bed.pass(300, 30, 300);
  EXPECT_EQ(bed.notices.size(), 2U);
  bed.pass(300, 0, 100);
  EXPECT_EQ(bed.notices.back().event, Event::kResolved) << "that it is over is told all the same";
}

TEST(Incidents, SilencedIsToldWhenTheSilenceEnds) {
  Bed bed;
  ASSERT_TRUE(
      bed.alerts.silencePlace({{"shop", "production", ""}, bed.nowUs, bed.nowUs + 20 * kHalfMinute, "ann"}).ok());
  bed.pass(300, 30, 15);
  EXPECT_TRUE(bed.notices.empty());
  bed.pass(300, 30, 10);
  EXPECT_EQ(bed.notices.size(), 1U);
}

TEST(Incidents, ResolvedByHandStaysQuietUntilItWasWell) {
  Bed bed;
  bed.pass(300, 30, 5);
  ASSERT_EQ(bed.notices.size(), 1U);
  ASSERT_TRUE(bed.alerts.resolve(bed.incident().id, "ann", bed.nowUs).ok());
  bed.pass(300, 30, 20);
  EXPECT_EQ(bed.alerts.incidents().size(), 1U);
  EXPECT_FALSE(bed.incident().open());
  EXPECT_FALSE(bed.alerts.resolve(bed.incident().id, "ann", bed.nowUs).ok());
  bed.pass(300, 0, 130);
  bed.pass(300, 30, 5);
  EXPECT_EQ(bed.alerts.incidents().size(), 2U);
}

TEST(Incidents, ConditionsHoldAndClear) {
  Bed bed;
  Condition condition{{{"shop", "production", ""}, "certificate", "shop.test"},
                      true,
                      model::Severity::kWarning,
                      "it ends soon",
                      std::chrono::minutes(1),
                      std::chrono::minutes(2)};
  bed.alerts.set(condition, bed.nowUs);
  bed.judge();
  EXPECT_TRUE(bed.firing().empty());
  bed.pass(60, 0, 3);
  EXPECT_TRUE(bed.fires("certificate shop.test"));
  condition.bad = false;
  bed.alerts.set(condition, bed.nowUs);
  bed.pass(60, 0, 2);
  EXPECT_TRUE(bed.fires("certificate shop.test"));
  bed.pass(60, 0, 3);
  EXPECT_TRUE(bed.firing().empty());
  EXPECT_EQ(bed.notices.size(), 2U);
}

// Kept and restored at any moment, it goes on as if nothing had been.
TEST(Incidents, ARestartNeitherForgetsNorRepeats) {
  for (int cut = 0; cut < 24; ++cut) {
    Bed whole, broken;
    const auto play = [](Bed& bed, int at) {
      if (at < 6) return bed.pass(300, 0);
      if (at < 12) return bed.pass(300, 30);
      bed.pass(300, 0);
    };
    for (int at = 0; at < 24; ++at) play(whole, at);
    Alerts* alerts = &broken.alerts;
    for (int at = 0; at < 24; ++at) {
      if (at == cut) {
        const auto state = alerts->texts();
        auto texts = alerts->countTexts();
        texts.insert(state.begin(), state.end());
        alerts->~Alerts();
        alerts = new (&broken.alerts) Alerts();
        alerts->configure(broken.settings, broken.nowUs);
        alerts->restore(texts);
        EXPECT_EQ(alerts->texts(), state);
      }
      play(broken, at);
    }
    ASSERT_EQ(broken.notices.size(), whole.notices.size()) << "cut at " << cut;
    for (std::size_t i = 0; i < whole.notices.size(); ++i) {
      EXPECT_EQ(broken.notices[i].id, whole.notices[i].id);
      EXPECT_EQ(broken.notices[i].event, whole.notices[i].event);
    }
    EXPECT_EQ(broken.incident().open(), whole.incident().open());
  }
}

TEST(Incidents, ADomainThatIsRemovedNeedsNoCertificate) {
  Bed bed;
  Condition condition;
  condition.key = {{"shop", "production", ""}, "certificate", "shop.example.com"};
  condition.bad = true;
  bed.alerts.set(condition, bed.nowUs);
  bed.judge();
  bed.alerts.setOnly("certificate", {"shop.example.com"}, bed.nowUs);
  bed.judge();
  ASSERT_TRUE(bed.incident().open());
  bed.alerts.setOnly("certificate", {}, bed.nowUs);
  bed.nowUs += 3600 * kSecond;
  bed.judge();
  EXPECT_FALSE(bed.incident().open());
}

TEST(Incidents, WhatIsGoneEndsItsAlerts) {
  Bed bed;
  bed.pass(300, 30, 4);
  EXPECT_TRUE(bed.incident().open());
  bed.alerts.forget("shop", "production", bed.nowUs);
  bed.judge();
  EXPECT_FALSE(bed.incident().open());
}

TEST(Settings, AsJsonAndBack) {
  Bed bed;
  bed.settings.receivers.push_back(
      {"ops", model::Receiver::Kind::kNtfy, "https://ntfy.sh/x", "t", "", "a", "b", {"c"}, true});
  bed.settings.routes.push_back({{"ops"}, model::Severity::kCritical, 60, 120, -30, std::chrono::hours(4)});
  bed.settings.rules.push_back({"r", "web", "p99_ms", false, 1.5, std::chrono::minutes(3), model::Severity::kCritical});
  bed.settings.heartbeat.url = "https://beat.test";
  bed.settings.services["web"].after = {"db"};
  bed.settings.services["web"].objectives.p99Ms.alert = 7;
  EXPECT_EQ(settingsOf(settingsJson(bed.settings)), bed.settings);
}

}  // namespace
}  // namespace orbit::alert
