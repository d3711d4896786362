#include "edge/policy/probe.h"

#include <gtest/gtest.h>

namespace orbit::edge {
namespace {

const Instant kNow{std::chrono::hours(5)};

class ProbeTest : public ::testing::Test {
 protected:
  ProbeTest() {
    check_.path = "/healthz";
    check_.rise = 2;
    check_.fall = 3;
  }
  // One letter an outcome: + passed, - failed. The health after each, as letters h and u.
  std::string after(std::string_view outcomes) {
    Probe probe(check_, true, random_, kNow);
    std::string health;
    for (const char outcome : outcomes) {
      const bool before = instance_.probedHealthy;
      const bool changed = probe.note(instance_, outcome == '+' ? "" : "refused", random_, kNow);
      EXPECT_EQ(changed, before != instance_.probedHealthy);
      if (outcome == '-' || instance_.probedHealthy) {
        EXPECT_EQ(probe.why(), outcome == '-' ? "refused" : "");
      }
      health += instance_.probedHealthy ? 'h' : 'u';
    }
    return health;
  }

  model::TableHealthCheck check_;
  InstanceState instance_;
  Random random_{1};
};

TEST_F(ProbeTest, FallsAndRisesByOutcomesInARow) {
  EXPECT_EQ(after("+--+--+---"), "hhhhhhhhhu");
  EXPECT_EQ(after("-+-+-++"), "uuuuuuh");
  EXPECT_EQ(after("---"), "hhu");
  EXPECT_EQ(after("++-"), "uhh");
}

TEST_F(ProbeTest, ARecoveredOneStartsSlowly) {
  instance_.probedHealthy = false;
  Probe probe(check_, false, random_, kNow);
  const Instant later = kNow + std::chrono::seconds(60);
  probe.note(instance_, "", random_, later);
  EXPECT_EQ(instance_.startedNs, 0);
  EXPECT_TRUE(probe.note(instance_, "", random_, later));
  EXPECT_EQ(instance_.startedNs, later.time_since_epoch().count());
  EXPECT_EQ(probe.why(), "");
}

TEST_F(ProbeTest, IsDueAtOnceWhenUnprovedAndThenAboutEachInterval) {
  EXPECT_EQ(Probe(check_, false, random_, kNow).due(), kNow);
  Duration least = Duration::max(), most = Duration::min();
  for (int i = 0; i < 1000; ++i) {
    Probe probe(check_, true, random_, kNow);
    EXPECT_GE(probe.due(), kNow);
    EXPECT_LE(probe.due(), kNow + check_.interval);
    probe.note(instance_, "", random_, kNow);
    least = std::min(least, probe.due() - kNow);
    most = std::max(most, probe.due() - kNow);
  }
  EXPECT_GE(least, std::chrono::milliseconds(1800));
  EXPECT_LT(least, std::chrono::milliseconds(1820));
  EXPECT_LE(most, std::chrono::milliseconds(2200));
  EXPECT_GT(most, std::chrono::milliseconds(2180));
}

TEST_F(ProbeTest, AsksAsTheCheckSays) {
  EXPECT_EQ(probeRequest(check_, "10.0.0.2:8000"),
            "GET /healthz HTTP/1.1\r\nHost: 10.0.0.2:8000\r\nUser-Agent: orbit-probe\r\nAccept: */*\r\n"
            "Connection: close\r\n\r\n");
  EXPECT_NE(probeRequest(check_, "unix:/run/x").find("\r\nHost: localhost\r\n"), std::string::npos);
  check_.host = "example.com";
  EXPECT_NE(probeRequest(check_, "10.0.0.2:8000").find("\r\nHost: example.com\r\n"), std::string::npos);
  EXPECT_EQ(probeVerdict(check_, 200), "");
  EXPECT_EQ(probeVerdict(check_, 399), "");
  EXPECT_EQ(probeVerdict(check_, 400), "status 400");
  check_.path = "";
  EXPECT_EQ(probeRequest(check_, "10.0.0.2:8000"), "");
}

}  // namespace
}  // namespace orbit::edge
